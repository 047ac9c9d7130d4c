import { errorOf, tellsPlace } from '../../journal/decode.ts';
import { none8, none16, noPosition, outcomes } from '../../journal/event.ts';
import type { RecordFields } from '../../journal/record.ts';
import { type Attempt, attemptsOf, disownedOf } from '../rows/attempts.ts';
import { namesOf } from '../rows/names.ts';
import type { QueriedRun, RunJournal } from '../rows/run.ts';
import { flag, moment, place, scanned, type Table, text, whole } from './table.ts';

const outcomeNames = namesOf(outcomes);
const wordsOfAttempt = 2;

export function sends(run: QueriedRun): Table {
  const journals = run.journals('producer');
  const records = journals.reduce((sum, journal) => sum + journal.records, 0);
  let disowned = new Map<RunJournal, Set<number>>();
  return scanned<Attempt>(
    {
      name: 'sends',
      about: 'an attempt to send a message',
      columns: [
        text('message', 'as findings call it: p1.1#41', `producer::VARCHAR || '#' || seq`),
        text('producer', 'the life of a producer that sent it: p1.1'),
        whole('seq', 'number of the message among those of its producer, from 0', 'UINTEGER'),
        whole('attempt', 'from 1; 255 stands for it and all above'),
        text('outcome', 'acked, degraded, rejected, sent (oneway), or unknown, also where no answer is recorded'),
        text('error', 'why it was not acked, by the name that the driver gives'),
        ...place.map((column) =>
          column.name === 'partition'
            ? whole('partition', 'as the answer says; without one, where it was sent to')
            : column,
        ),
        ...moment('sent_at', 'when it began'),
        ...moment('answered_at', 'when it was answered or given up; null: nothing of it is recorded'),
        whole('latency_us', 'from its beginning to the answer, in microseconds', 'BIGINT'),
        whole('size_bytes', 'size of the payload'),
        flag(
          'disowned',
          'its producer has contradicted its own answer, so that none of the message counts',
          'disowned = 1',
        ),
        flag('whole', "no record is missing from its producer's journal", 'whole = 1'),
      ],
    },
    {
      estimate: records / wordsOfAttempt,
      rows: (wanted) => {
        disowned = new Map(wanted.has('disowned') ? journals.map((journal) => [journal, disownedOf(journal)]) : []);
        return attemptsOf(journals);
      },
      fields: {
        producer: { type: 'name', names: run.writers.all, of: ({ journal }) => journal.writer },
        seq: { type: 'uint32', of: ({ seq }) => seq },
        attempt: { type: 'uint32', of: ({ attempt }) => attempt },
        outcome: { type: 'name', names: outcomeNames, of: ({ outcome }) => outcome?.code ?? outcomes.unknown },
        error: { type: 'name', names: run.errors.all, of: errorName },
        partition: { type: 'number', of: partitionOf },
        position: {
          type: 'number',
          of: (row) => told(row, ({ position }) => (position === noPosition ? -1 : position)),
        },
        epoch: { type: 'number', of: (row) => told(row, ({ epoch }) => (epoch === none8 ? -1 : epoch)) },
        sent_at_ns: { type: 'number', of: ({ begun }) => begun?.atNs ?? -1 },
        answered_at_ns: { type: 'number', of: ({ outcome }) => outcome?.atNs ?? -1 },
        latency_us: { type: 'number', of: ({ outcome }) => outcome?.value ?? -1 },
        size_bytes: { type: 'number', of: ({ begun }) => begun?.value ?? -1 },
        disowned: { type: 'number', of: ({ journal, seq }) => (disowned.get(journal)?.has(seq) === true ? 1 : 0) },
        whole: { type: 'number', of: ({ journal }) => (journal.whole ? 1 : 0) },
      },
    },
  );
}

function errorName({ journal, outcome }: Attempt): number {
  const error = outcome === undefined ? undefined : errorOf(outcome);
  return error === undefined ? 0 : (journal.errors[error] ?? 0);
}

function partitionOf({ begun, outcome }: Attempt): number {
  if (outcome !== undefined && tellsPlace(outcome)) return outcome.partition;
  return begun === undefined || begun.partition === none16 ? -1 : begun.partition;
}

/** Of an answer that says where the message is. */
function told({ outcome }: Attempt, of: (outcome: RecordFields) => number): number {
  return outcome !== undefined && tellsPlace(outcome) ? of(outcome) : -1;
}
