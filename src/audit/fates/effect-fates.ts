/**
 * What became of the messages that each group received: an effect, a dead letter, or neither. The store of effects
 * decides if there is one. Without a store, a try that was received and did not fail counts as one that succeeded.
 */

import type { CheckContext } from '../checks/check.ts';
import { sourcesOf } from '../evidence/inventory.ts';
import type { History } from '../history/history.ts';
import type { Receipts } from '../history/receipts.ts';
import { bitsOf } from '../history/redeliveries.ts';
import { countBits, newPlane } from '../structures/planes.ts';

/** The findings about one group, a plane for each kind. */
export interface Judged {
  /** The store holds the effect more than once. */
  readonly again: Int32Array;
  /** The message has no effect and is no dead letter. */
  readonly none: Int32Array;
  /** The same for a message whose tries failed, in a run that moves such messages to a dead letter topic. */
  readonly lost: Int32Array;
  /** The store holds an effect of a message that the group did not receive. */
  readonly stray: Int32Array;
}

export function judgeGroup(context: CheckContext, group: number): Judged {
  const { layout } = context.history;
  const judged = {
    ...{ again: newPlane(layout), none: newPlane(layout) },
    ...{ lost: newPlane(layout), stray: newPlane(layout) },
  };
  if (hasStore(context.history) || areReported(context.history)) judgeByStore(context, group, judged);
  else if (toldByRecords(context.history)) judgeByRecords(context, group, judged);
  return judged;
}

export function hasStore({ inventory }: History): boolean {
  return sourcesOf(inventory, 'store').length > 0;
}

/** Whether the consumers' own records say what was processed: they stand for a store. */
export function areReported({ header }: Pick<History, 'header'>): boolean {
  return header?.effects === 'reported';
}

/** Whether consumers had effects, even if the journal of the store was not given. */
export function hadEffects({ effects, record }: History): boolean {
  return effects.applied + effects.absorbed > 0 || record.drain.some(({ step }) => step === 'effects');
}

/**
 * Whether there never was a store and failures were recorded. If the journal of a store is missing, nothing is known.
 */
export function toldByRecords(history: History): boolean {
  return history.header?.redelivery !== undefined && !hasStore(history) && !hadEffects(history);
}

/** Whether the store of a group was read to its end, and its journal is whole. */
function wasRead(history: Pick<History, 'record' | 'inventory' | 'header' | 'evidence'>, group: number): boolean {
  if (areReported(history)) return history.evidence.receiptsWhole;
  const whole = sourcesOf(history.inventory, 'store').every(({ state }) => state === 'closed');
  return whole && stepDone(history, 'effects', group);
}

/** Whether the dead letter topic of a group was read to its end, or the group has none. */
export function deadLettersKnown(history: Pick<History, 'record' | 'inventory' | 'header'>, group: number): boolean {
  if (history.header?.redelivery?.deadLetter !== true) return true;
  const sources = sourcesOf(history.inventory, 'dead-letters');
  const whole = sources.length > 0 && sources.every(({ state }) => state === 'closed');
  return whole && stepDone(history, 'dead-letters', group);
}

/** What is missing of the dead letter topics, as sentences. If any is, the run cannot pass, whatever it expects. */
export function deadLetterGaps(history: History): string[] {
  const unknown = history.groups.find((_, group) => !deadLettersKnown(history, group));
  return unknown === undefined ? [] : [`what the dead letter topic of group ${unknown} holds is not on record`];
}

export function stepDone(
  { record }: Pick<History, 'record'>,
  step: 'effects' | 'dead-letters',
  group: number,
): boolean {
  return record.drain.findLast((each) => each.step === step && each.group === group)?.ok === true;
}

function judgeByStore({ history, counts }: CheckContext, group: number, judged: Judged): void {
  const { layout, effects, receipts, redeliveries, evidence } = history;
  const split = splitOf(history, group, wasRead(history, group));
  const hidden = effects.sharesKeys(group);
  for (let word = 0; word < layout.words; word += 1) {
    const held = (effects.held[group] as Int32Array)[word] as number;
    const received = processableIn(receipts, group, word, held);
    const again = (effects.again[group] as Int32Array)[word] as number;
    if (evidence.receiptsWhole) judged.stray[word] = held & ~received;
    counts.processable += countBits(received);
    if (hidden) {
      counts.effectHidden += countBits(received);
      continue;
    }
    const none = received & ~held;
    const gone = none & ~bitsOf(redeliveries.dead, group, word);
    judged.again[word] = again;
    split(judged, word, gone);
    const told = countBits((judged.none[word] as number) | (judged.lost[word] as number));
    counts.effectOnce += countBits(received & held & ~again);
    counts.effectMore += countBits(received & again);
    counts.effectDead += countBits(none & ~gone);
    counts.effectNone += told;
    counts.effectOpen += countBits(gone) - told;
  }
}

function judgeByRecords({ history }: CheckContext, group: number, judged: Judged): void {
  const { layout, receipts, redeliveries } = history;
  const split = splitOf(history, group, history.evidence.receiptsWhole);
  for (let word = 0; word < layout.words; word += 1) {
    const failed = bitsOf(redeliveries.failed, group, word) & ~bitsOf(redeliveries.succeeded, group, word);
    if (failed === 0) continue;
    const received = processableIn(receipts, group, word, 0);
    split(judged, word, received & failed & ~bitsOf(redeliveries.dead, group, word));
  }
}

/** What a group received and could process: not what came with a damaged identity only, unless the store holds it. */
function processableIn({ delivered, damaged }: Receipts, group: number, word: number, held: number): number {
  return ((delivered[group] as Int32Array)[word] as number) & ~(bitsOf(damaged, group, word) & ~held);
}

/**
 * Divides the messages without an effect (`gone`) into those that failed and should be dead letters, and the others. It
 * marks none of them while an effect or a dead letter may still come.
 */
function splitOf(
  history: History,
  group: number,
  witnessed: boolean,
): (to: Judged, word: number, gone: number) => void {
  const decided = witnessed && history.evidence.drained[group] === true && deadLettersKnown(history, group);
  const buries = history.header?.redelivery?.deadLetter === true;
  return (to, word, gone) => {
    if (!decided) return;
    const moved = buries ? gone & bitsOf(history.redeliveries.failed, group, word) : 0;
    to.none[word] = gone & ~moved;
    to.lost[word] = moved;
  };
}
