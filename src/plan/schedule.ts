import { type FaultEntry, mostRepetitions } from '../profile/schema/fault.ts';
import type { Trigger } from './plan.ts';
import { stream } from './random.ts';

interface Occurrence {
  readonly id: string;
  readonly trigger: Trigger;
  readonly repetition: boolean;
}

/**
 * The instants of one fault. Intervals of `every` run from injection to injection, the first from the beginning of
 * sending. Without `times` there are as many as the limit has room for, and all but the first are due only while
 * messages are being sent.
 */
export function occurrences(fault: FaultEntry, id: string, limitMs: number, seed: number): Occurrence[] {
  const { when } = fault;
  if (when.type !== 'every') return [{ id, trigger: when, repetition: false }];
  const random = stream(seed, `${id}/when`);
  const found: Occurrence[] = [];
  let afterMs = random.range(when.fromMs, when.toMs);
  while (found.length < (when.times ?? mostRepetitions) && afterMs < limitMs) {
    const repetition = when.times === undefined && found.length > 0;
    found.push({ id: `${id}.${found.length + 1}`, trigger: { type: 'time', afterMs }, repetition });
    afterMs += random.range(when.fromMs, when.toMs);
  }
  return found;
}
