/**
 * What became of what each group received: its effect, a dead letter, or nothing. Where there is a store it is the witness
 * of the effect; where there is none, a try that was received and did not fail is taken for one that succeeded.
 */

import type { CheckContext } from '../checks/check.ts';
import { sourcesOf } from '../evidence/inventory.ts';
import type { History } from '../history/history.ts';
import { bitsOf } from '../history/redeliveries.ts';
import { countBits, newPlane } from '../structures/planes.ts';

/** Planes of one group: a bit for each message that something is wrong with. */
export interface Judged {
  readonly again: Int32Array;
  /** Without effect, and in no dead letter. */
  readonly none: Int32Array;
  /** The same of a message that failed, where a dead letter was to be its end. */
  readonly lost: Int32Array;
  readonly stray: Int32Array;
}

export function judgeGroup(context: CheckContext, group: number): Judged {
  const { layout } = context.history;
  const judged = {
    ...{ again: newPlane(layout), none: newPlane(layout) },
    ...{ lost: newPlane(layout), stray: newPlane(layout) },
  };
  if (hasStore(context.history)) judgeByStore(context, group, judged);
  else if (toldByRecords(context.history)) judgeByRecords(context, group, judged);
  return judged;
}

export function hasStore({ inventory }: History): boolean {
  return sourcesOf(inventory, 'store').length > 0;
}

/** Consumers had effects, whether or not what the store held is here. */
export function hadEffects({ effects, record }: History): boolean {
  return effects.applied + effects.absorbed > 0 || record.drain.some(({ step }) => step === 'effects');
}

/** There never was a store, and what failed is on record: a journal of a store that is missing leaves all open. */
export function toldByRecords(history: History): boolean {
  return history.header?.redelivery !== undefined && !hasStore(history) && !hadEffects(history);
}

/** The store of a group was read to its end, and all that it held is on record. */
function wasRead(history: Pick<History, 'record' | 'inventory'>, group: number): boolean {
  const whole = sourcesOf(history.inventory, 'store').every(({ state }) => state === 'closed');
  return whole && stepDone(history, 'effects', group);
}

/** What is in a group's dead letter topic is on record, or it has none. */
export function deadLettersKnown(history: Pick<History, 'record' | 'inventory' | 'header'>, group: number): boolean {
  if (history.header?.redelivery?.deadLetter !== true) return true;
  const sources = sourcesOf(history.inventory, 'dead-letters');
  const whole = sources.length > 0 && sources.every(({ state }) => state === 'closed');
  return whole && stepDone(history, 'dead-letters', group);
}

/** Without what the dead letter topics hold there is no pass, whatever was asked. */
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
    const received = (receipts.delivered[group] as Int32Array)[word] as number;
    const held = (effects.held[group] as Int32Array)[word] as number;
    const again = (effects.again[group] as Int32Array)[word] as number;
    if (evidence.consumersWhole) judged.stray[word] = held & ~received;
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
  const split = splitOf(history, group, history.evidence.consumersWhole);
  for (let word = 0; word < layout.words; word += 1) {
    const failed = bitsOf(redeliveries.failed, group, word) & ~bitsOf(redeliveries.succeeded, group, word);
    if (failed === 0) continue;
    const received = (receipts.delivered[group] as Int32Array)[word] as number;
    split(judged, word, received & failed & ~bitsOf(redeliveries.dead, group, word));
  }
}

/** Tells what ended without a word from what was on its way to a dead letter; neither while more may come. */
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
