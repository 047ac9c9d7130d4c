/** In what two plans of one profile differ, as sentences: the seed, the broker, and the keys that were changed. */

import { counted } from '../../counted.ts';
import type { Plan } from '../../plan/plan.ts';

const mostKeys = 5;

export function planDifferences(before: Plan, after: Plan): string[] {
  const seeds =
    before.seed === after.seed
      ? []
      : [`the seeds differ, ${before.seed} → ${after.seed}: faults may have met other targets at other moments`];
  const [was, is] = [before.cluster.broker, after.cluster.broker];
  if (was !== is) return [...seeds, `the brokers differ, ${was} → ${is}`];
  return [...seeds, ...changedKeys(before, after, before.seed !== after.seed)];
}

function changedKeys(before: Plan, after: Plan, bySeed: boolean): string[] {
  const [was, is] = [leaves(before), leaves(after)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].filter((key) => was.get(key) !== is.get(key));
  // what the seed chose is told by the seed
  const changed = keys.filter((key) => key !== 'seed' && !(bySeed && key.startsWith('faults.')));
  const more = changed.length - mostKeys;
  return [
    ...changed
      .slice(0, mostKeys)
      .map((key) => `${key} differs, ${was.get(key) ?? 'absent'} → ${is.get(key) ?? 'absent'}`),
    ...(more > 0 ? [`and ${counted(more, 'more key')} of the plan`] : []),
  ];
}

function leaves(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, JSON.stringify(value)]]);
  const within = Object.entries(value).flatMap(([key, each]) => [
    ...leaves(each, path === '' ? key : `${path}.${key}`),
  ]);
  return new Map(within);
}
