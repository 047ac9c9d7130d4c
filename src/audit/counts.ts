/**
 * The counts of a run. They are of messages unless they say otherwise, and add up: `assertSums` checks the audit
 * itself.
 */

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
  /** Lost messages that are absent from a log read to its end. For the other lost ones only the drain is proof. */
  lostProved: number;
  lostUnproved: number;
  skipped: number;
  unseen: number;
  /** Unseen messages acked at a position before the first that the reader found: retention may have removed them. */
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
  /** Deliveries, not messages: all but the first of each message in each group. */
  extraDeliveries: number;
  /** Extra deliveries that the broker flagged as redelivered. */
  extraFlagged: number;
  /** Only messages delivered from their first attempt. */
  reordered: number;
  /** Messages delivered after a later one because their producer had sent them again. */
  reorderedRetries: number;
  phantom: number;
  /** Received messages that no journal attempts, but a producer's journal was cut: they may have been sent. */
  beyond: number;
  corrupt: number;
  /** Corrupt deliveries whose identity is damaged too, so that no message can be named. */
  unidentified: number;
  misrouted: number;
  unavailable: number;
  attempts: number;
  deliveries: number;
  storedRecords: number;
  /** How often consumers recorded that they moved a message into a dead letter topic. */
  deadLettered: number;
  /** Messages in the dead letter topics when they were read at the end, summed over all groups. */
  deadLetters: number;
  /** Receipts from retry topics. */
  redeliveries: number;
  /** Messages, each counted once however many groups are affected. */
  overRetried: number;
  deadLetterLost: number;
  /** Messages received, summed over all groups: the sum of the next six counts. 0 without a store of effects. */
  processable: number;
  effectOnce: number;
  effectMore: number;
  effectNone: number;
  /** Messages without an effect that are in the dead letter topic. */
  effectDead: number;
  /** Messages that share a key with others, of which the store holds only the latest. */
  effectHidden: number;
  /** Messages without an effect so far: it may still come, or the store was not read. */
  effectOpen: number;
  /** Messages, each counted once however many groups are affected. */
  duplicateEffect: number;
  unprocessed: number;
  staleOverwrite: number;
  phantomEffect: number;
  /** How often consumers recorded that an effect was applied, that it was absorbed, and that processing failed. */
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
