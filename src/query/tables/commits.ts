import { ackSteps, kinds } from '../../journal/event.ts';
import { namesOf } from '../rows/names.ts';
import { type JournalRecord, recordsOf } from '../rows/records.ts';
import type { QueriedRun } from '../rows/run.ts';
import { placeFields } from './message.ts';
import { consumerColumns, consumerFields } from './receipts.ts';
import { moment, place, scanned, type Table, text } from './table.ts';

const steps = namesOf(ackSteps);

export function commits(run: QueriedRun): Table {
  const journals = run.journals('consumer');
  return scanned<JournalRecord>(
    {
      name: 'commits',
      about: 'a step of an acknowledgement by a consumer',
      columns: [
        ...consumerColumns,
        text('step', 'sent, confirmed or failed'),
        ...place.map((column) =>
          column.name === 'position'
            ? {
                ...column,
                about: 'the next that the group would read; null where messages are acknowledged one by one',
              }
            : column,
        ),
        ...moment('recorded_at', 'when it was recorded'),
      ],
    },
    {
      estimate: journals.reduce((sum, { records }) => sum + records, 0) / 10,
      rows: () => recordsOf(journals, kinds.ack),
      fields: {
        ...consumerFields(run),
        ...placeFields,
        step: { type: 'name', names: steps, of: ({ record }) => record.code },
        recorded_at_ns: { type: 'number', of: ({ record }) => record.atNs },
      },
    },
  );
}
