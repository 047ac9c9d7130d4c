/** What was read when the last consumer had ended: the broker's log, the dead letters, the store of the effects. */
import { sendAttemptOf } from '../../journal/decode.ts';
import { holdings, kinds } from '../../journal/event.ts';
import { namesOf } from '../rows/names.ts';
import { type JournalRecord, recordsOf } from '../rows/records.ts';
import type { QueriedRun } from '../rows/run.ts';
import { messageColumns, messageFields, placeFields } from './message.ts';
import { contentFlags, flagsField, isNamed, sendAttempt } from './receipts.ts';
import { moment, place, scanned, type Table, text, whole } from './table.ts';

const holdingNames = namesOf(holdings);
const groupColumn = text('consumer_group', 'group, without the name of the topic before it: g1');

export function stored(run: QueriedRun): Table {
  const journals = run.journals('reader');
  return scanned<JournalRecord>(
    {
      name: 'stored',
      about: "a record of the broker's log, as the independent reader found it",
      columns: [...messageColumns, sendAttempt, ...place, ...moment('read_at', 'when it was read'), ...contentFlags],
    },
    {
      estimate: journals.reduce((sum, { records }) => sum + records, 0),
      rows: () => recordsOf(journals, kinds.stored),
      fields: {
        ...messageFields(run, isNamed),
        ...placeFields,
        send_attempt: { type: 'number', of: ({ record }) => sendAttemptOf(record) },
        read_at_ns: { type: 'number', of: ({ record }) => record.atNs },
        flags: flagsField,
      },
    },
  );
}

export function deadLetters(run: QueriedRun): Table {
  const journals = run.journals('dead-letters');
  return scanned<JournalRecord>(
    {
      name: 'dead_letters',
      about: "a message in a group's dead letter topic, as it was read at the end",
      columns: [
        ...messageColumns,
        groupColumn,
        whole('try', 'number of the last try at processing'),
        ...place.map((column) => ({ ...column, about: `${column.about}, in the dead letter topic` })),
        ...moment('read_at', 'when it was read'),
        ...contentFlags,
      ],
    },
    {
      estimate: journals.reduce((sum, { records }) => sum + records, 0),
      rows: () => recordsOf(journals, kinds.dead),
      fields: {
        ...messageFields(run, isNamed),
        ...placeFields,
        consumer_group: { type: 'name', names: run.groups.all, of: ({ record }) => run.group(record.group) },
        try: { type: 'number', of: ({ record }) => record.attempt },
        read_at_ns: { type: 'number', of: ({ record }) => record.atNs },
        flags: flagsField,
      },
    },
  );
}

export function effects(run: QueriedRun): Table {
  const journals = run.journals('store');
  return scanned<JournalRecord>(
    {
      name: 'effects',
      about: 'what the store of the effects held at the end',
      columns: [
        ...messageColumns,
        groupColumn,
        text(
          'holding',
          'effect: of this message; latest: the message that stands under a shared key; strange: of no message',
        ),
        whole('times', 'of effect: how often it is there; of latest: how many share the key', 'BIGINT'),
        ...moment('read_at', 'when it was read'),
      ],
    },
    {
      estimate: journals.reduce((sum, { records }) => sum + records, 0),
      rows: () => recordsOf(journals, kinds.held),
      fields: {
        ...messageFields(run, ({ code }) => code !== holdings.strange),
        consumer_group: { type: 'name', names: run.groups.all, of: ({ record }) => run.group(record.group) },
        holding: { type: 'name', names: holdingNames, of: ({ record }) => record.code },
        times: { type: 'number', of: ({ record }) => record.value },
        read_at_ns: { type: 'number', of: ({ record }) => record.atNs },
      },
    },
  );
}
