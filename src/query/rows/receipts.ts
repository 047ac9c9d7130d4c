/** Receipts, each with what its consumer recorded of it afterwards. */
import { effectOutcomes, failureCauses, kinds } from '../../journal/event.ts';
import { journalChunks } from '../../journal/reader.ts';
import { getRecord, type RecordFields, recordWords } from '../../journal/record.ts';
import { recordsOf } from './records.ts';
import type { RunJournal } from './run.ts';

/** What came of a receipt; the first: nothing is recorded. */
export const results = [
  ...['', 'applied', 'absorbed', 'failed', 'store-away', 'redelivery-scheduled', 'dead-lettered'],
] as const;

export interface Receipt {
  journal: RunJournal;
  record: RecordFields;
  /** Number of its result, if results were asked for. */
  result: number;
  /** -1: none is recorded. */
  resultAtNs: number;
}

export function* receiptsOf(journals: readonly RunJournal[], withResults: boolean): Generator<Receipt> {
  const row = { result: 0, resultAtNs: -1 } as Receipt;
  for (const journal of journals) {
    const told = withResults ? resultsIn(journal) : undefined;
    row.journal = journal;
    let number = 0;
    for (const { record } of recordsOf([journal], kinds.received)) {
      row.record = record;
      row.result = told?.results[number] ?? 0;
      row.resultAtNs = told?.atNs[number] ?? -1;
      number += 1;
      yield row;
    }
  }
}

const followUps: readonly number[] = [
  ...[kinds.effect, kinds.processingFailed, kinds.redeliveryScheduled, kinds.deadLettered],
];

export function processingsOf(
  journals: readonly RunJournal[],
): Iterable<{ journal: RunJournal; record: RecordFields }> {
  return recordsOf(journals, ...followUps);
}

/** Number of the result that a record of a consumer tells; 0: it tells none. */
export function resultOf({ kind, code }: RecordFields): number {
  switch (kind) {
    case kinds.effect:
      return code === effectOutcomes.applied ? numberOf('applied') : numberOf('absorbed');
    case kinds.processingFailed:
      return numberOf(code === failureCauses.store ? 'store-away' : 'failed');
    case kinds.redeliveryScheduled:
      return numberOf('redelivery-scheduled');
    case kinds.deadLettered:
      return numberOf('dead-lettered');
    default:
      return 0;
  }
}

function numberOf(result: (typeof results)[number]): number {
  return results.indexOf(result);
}

interface Results {
  /** Of each receipt of a journal, in their order. */
  readonly results: Uint8Array;
  readonly atNs: Float64Array;
}

/**
 * Reads a journal from its end: what came of a receipt is then known before the receipt, and is forgotten with it, so that
 * only what is in hand at a time is remembered.
 */
function resultsIn(journal: RunJournal): Results | undefined {
  let count = 0;
  let any = false;
  for (const { record } of recordsOf([journal], kinds.received, ...followUps)) {
    if (record.kind === kinds.received) count += 1;
    else any = true;
  }
  if (!any) return undefined;
  const told: Results = { results: new Uint8Array(count), atNs: new Float64Array(count).fill(-1) };
  const waiting = new Map<number, RecordFields[]>();
  for (const words of journalChunks(journal.path, journal.records, 'backward')) {
    for (let at = words.length - recordWords; at >= 0; at -= recordWords) {
      const record = getRecord(words, at);
      if (resultOf(record) !== 0) {
        const key = keyOf(record);
        const same = waiting.get(key);
        if (same === undefined) waiting.set(key, [record]);
        else same.push(record);
      }
      if (record.kind !== kinds.received) continue;
      count -= 1;
      const last = takeLast(waiting, record);
      if (last === undefined) continue;
      told.results[count] = resultOf(last);
      told.atNs[count] = last.atNs;
    }
  }
  return told;
}

/** The last that was recorded of a receipt; all that was is forgotten. */
function takeLast(waiting: Map<number, RecordFields[]>, receipt: RecordFields): RecordFields | undefined {
  const key = keyOf(receipt);
  const same = waiting.get(key);
  if (same === undefined) return undefined;
  const isOf = ({ group, session, attempt }: RecordFields): boolean =>
    group === receipt.group && session === receipt.session && attempt === receipt.attempt;
  const last = same.find(isOf);
  const others = same.filter((record) => !isOf(record));
  if (others.length === 0) waiting.delete(key);
  else waiting.set(key, others);
  return last;
}

function keyOf({ producer, seq }: RecordFields): number {
  return producer * 2 ** 32 + seq;
}
