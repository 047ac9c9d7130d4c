/** The names of nodes and workers: what a profile can aim at, and what plans, journals and reports call them. */
import { type EffectSettings, ownRedis } from '../effects/settings.ts';

/** Servers of the effects that faults can act on: one that there is a way to, or a Redis of the run's own. */
export function storeNames(effect: EffectSettings | undefined, isControlled: boolean): string[] {
  if (effect === undefined) return [];
  const own = ownRedis(effect);
  return [...(own === 'store' || isControlled ? ['store'] : []), ...(own === 'ids' ? ['ids'] : [])];
}

/** `p1` to `pN`. */
export function producerNames(count: number): string[] {
  return numbered('p', count);
}

/** `c1` to `cM`, numbered through all groups: the first group has the first `count`. */
export function consumerNames(count: number, groups: number): string[] {
  return numbered('c', count * groups);
}

/** Number of the group, from 0, that a consumer is in; `index` is its place among all consumers, from 0. */
export function groupOfConsumer(index: number, count: number): number {
  return Math.floor(index / count);
}

function numbered(stem: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${stem}${index + 1}`);
}
