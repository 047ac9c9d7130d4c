/** The names of nodes and workers: what a profile can aim at, and what plans, journals and reports call them. */
import { type EffectSettings, ownRedis } from '../effects/settings.ts';

/** The name server of the bundled cluster. */
export const nameServer = 'ns';

/** Brokers of the bundled cluster: `b1` to `bN`. */
export function masterNames(masters: number): string[] {
  return numbered('b', masters);
}

/** Slaves of the bundled cluster, set by set: `b1s1` and `b1s2` are those of `b1`. */
export function slaveNames(masters: number, slaves: number): string[] {
  return masterNames(masters).flatMap((master) => numbered(`${master}s`, slaves));
}

/** Processes of the bundled cluster: the name server, the masters and their slaves. */
export function nodeCount({ masters, slaves }: { readonly masters: number; readonly slaves: number }): number {
  return 1 + masters * (1 + slaves);
}

/** What the servers of the effects are called: that of the effects, and one of ids alone. */
export const storeIds: readonly string[] = ['store', 'ids'];

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
