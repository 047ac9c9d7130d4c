/** The numbers of a run. Over messages, and they add up: `assertSums` is the audit's own check on itself. */

import type { Settlement } from './fates/settlement.ts';
import { countBits } from './structures/planes.ts';

export interface Counts {
  attempted: number;
  acked: number;
  degraded: number;
  rejected: number;
  unknown: number;
  ackedDelivered: number;
  lost: number;
  /** Of the lost: absent from a log that was read to its end. The others rest on the proven drain alone. */
  lostProved: number;
  lostUnproved: number;
  skipped: number;
  unseen: number;
  /** Of the unseen: acked at a position before the first that the reader found, so retention may have taken them. */
  aged: number;
  rolledBack: number;
  degradedDelivered: number;
  degradedLost: number;
  recovered: number;
  contradicted: number;
  undelivered: number;
  undeliveredTold: number;
  undeliveredSilent: number;
  undeliveredDied: number;
  pending: number;
  duplicateStored: number;
  duplicateDelivered: number;
  duplicateUndecided: number;
  /** Deliveries, not messages: beyond the first of each message in each group; and those of them flagged redelivered. */
  extraDeliveries: number;
  extraFlagged: number;
  /** First attempts only. */
  reordered: number;
  /** Delivered after a later message because its producer had sent it again. */
  reorderedRetries: number;
  phantom: number;
  /** Received, but attempted by no journal that is whole enough to say so: no phantoms. */
  beyond: number;
  corrupt: number;
  /** Of the corrupt: identity damaged too, so that no message can be named. */
  unidentified: number;
  misrouted: number;
  unavailable: number;
  attempts: number;
  deliveries: number;
  storedRecords: number;
  /** Consumers' records that they put one into a dead letter topic. */
  deadLettered: number;
  /** Messages that were in a dead letter topic when it was read at the end, over all groups. */
  deadLetters: number;
  /** Receipts by retry topics. */
  redeliveries: number;
  /** Messages, whichever groups they befell. */
  overRetried: number;
  deadLetterLost: number;
  /** Messages that a group received, over all groups; the sum of the six that follow. 0 without a store of effects. */
  processable: number;
  effectOnce: number;
  effectMore: number;
  effectNone: number;
  /** Without an effect, and in the dead letter topic. */
  effectDead: number;
  /** Under keys that messages share: the store holds the latest only. */
  effectHidden: number;
  /** Without an effect, and it may still come, or the store was not read. */
  effectOpen: number;
  /** Messages, whichever groups they befell. */
  duplicateEffect: number;
  unprocessed: number;
  staleOverwrite: number;
  phantomEffect: number;
  /** What consumers recorded of their processing. */
  effectsApplied: number;
  effectsAbsorbed: number;
  processingFailed: number;
}

const perMessage = [
  'attempted',
  'acked',
  'degraded',
  'rejected',
  'unknown',
  'ackedDelivered',
  'lost',
  'lostProved',
  'skipped',
  'unseen',
  'aged',
  'rolledBack',
  'degradedDelivered',
  'degradedLost',
  'recovered',
  'contradicted',
  'undelivered',
  'pending',
  'beyond',
] as const;

export function newCounts(): Counts {
  return {
    ...(Object.fromEntries(perMessage.map((key) => [key, 0])) as Record<(typeof perMessage)[number], number>),
    lostUnproved: 0,
    undeliveredTold: 0,
    undeliveredSilent: 0,
    undeliveredDied: 0,
    duplicateStored: 0,
    duplicateDelivered: 0,
    duplicateUndecided: 0,
    extraDeliveries: 0,
    extraFlagged: 0,
    reordered: 0,
    reorderedRetries: 0,
    phantom: 0,
    corrupt: 0,
    unidentified: 0,
    misrouted: 0,
    unavailable: 0,
    attempts: 0,
    deliveries: 0,
    storedRecords: 0,
    deadLettered: 0,
    deadLetters: 0,
    redeliveries: 0,
    overRetried: 0,
    deadLetterLost: 0,
    processable: 0,
    effectOnce: 0,
    effectMore: 0,
    effectNone: 0,
    effectDead: 0,
    effectHidden: 0,
    effectOpen: 0,
    duplicateEffect: 0,
    unprocessed: 0,
    staleOverwrite: 0,
    phantomEffect: 0,
    effectsApplied: 0,
    effectsAbsorbed: 0,
    processingFailed: 0,
  };
}

export function countWord(counts: Counts, word: Settlement): void {
  for (const key of perMessage) {
    const bits = word[key];
    if (bits !== 0) counts[key] += countBits(bits);
  }
}

/** @throws Error: a message was judged twice or not at all, which is a bug of ours (exit 70). */
export function assertSums(counts: Counts): void {
  const { attempted, acked, degraded, rejected, unknown } = counts;
  equal('attempted', attempted, acked + degraded + rejected + unknown);
  equal('acked', acked, counts.ackedDelivered + counts.lost + counts.skipped + counts.unseen);
  const others = counts.degradedDelivered + counts.degradedLost + counts.recovered + counts.contradicted;
  equal('not acked', degraded + rejected + unknown, others + counts.undelivered + counts.pending);
  const { undelivered, undeliveredTold, undeliveredSilent, undeliveredDied } = counts;
  equal('undelivered', undelivered, undeliveredTold + undeliveredSilent + undeliveredDied);
}

/** @throws Error as `assertSums` does. */
export function assertEffectSums(counts: Counts): void {
  const { effectOnce, effectMore, effectNone, effectDead, effectHidden, effectOpen } = counts;
  const parts = effectOnce + effectMore + effectNone + effectDead + effectHidden + effectOpen;
  equal('processable', counts.processable, parts);
}

function equal(name: string, whole: number, sum: number): void {
  if (whole !== sum) throw new Error(`the audit's counts do not add up: ${name} is ${whole}, its parts are ${sum}`);
}
