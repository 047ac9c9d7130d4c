/** Attempts at sending: what began each, and the answer to it. */
import { kinds } from '../../journal/event.ts';
import type { RecordFields } from '../../journal/record.ts';
import { recordsOf } from './records.ts';
import type { RunJournal } from './run.ts';

export interface Attempt {
  journal: RunJournal;
  producer: number;
  seq: number;
  attempt: number;
  /** Absent: an answer to nothing that the journal begins. */
  begun: RecordFields | undefined;
  /** Absent: none is recorded. */
  outcome: RecordFields | undefined;
}

/** Each in the order in which it was answered, those without an answer behind all others of their journal. */
export function* attemptsOf(journals: readonly RunJournal[]): Generator<Attempt> {
  const row = {} as Attempt;
  for (const journal of journals) {
    const open = new Map<number, RecordFields>();
    row.journal = journal;
    for (const { record } of recordsOf([journal], kinds.intended, kinds.outcome)) {
      const key = keyOf(record);
      const begun = open.get(key);
      if (record.kind === kinds.outcome) {
        if (begun !== undefined) open.delete(key);
        yield filled(row, record, begun, record);
        continue;
      }
      // attempts from 255 on have one number
      if (begun !== undefined) yield filled(row, begun, begun, undefined);
      open.set(key, record);
    }
    for (const begun of open.values()) yield filled(row, begun, begun, undefined);
  }
}

/** The messages of a producer of which it has contradicted its own answer. */
export function disownedOf(journal: RunJournal): Set<number> {
  const seqs = new Set<number>();
  for (const { record } of recordsOf([journal], kinds.disowned)) seqs.add(record.seq);
  return seqs;
}

/** Of one journal, which has one producer. */
function keyOf({ seq, attempt }: RecordFields): number {
  return seq * 256 + attempt;
}

function filled(
  row: Attempt,
  { producer, seq, attempt }: RecordFields,
  begun: RecordFields | undefined,
  outcome: RecordFields | undefined,
): Attempt {
  row.producer = producer;
  row.seq = seq;
  row.attempt = attempt;
  row.begun = begun;
  row.outcome = outcome;
  return row;
}
