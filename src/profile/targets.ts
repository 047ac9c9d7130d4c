/** What a target means in a given set-up: the candidates and how many of them are chosen. The choice is the plan's. */
import { isBroker, type Role } from '../products/cluster.ts';
import { nodesOf } from '../products/registry.ts';
import type { UsualWords } from '../suggest.ts';
import { effectProblems } from './check/effects.ts';
import { consumerNames, producerNames, storeNames } from './names.ts';
import { effectSettings } from './schema/effect.ts';
import type { Profile } from './schema/schema.ts';

type TargetChoice =
  | { readonly type: 'nodes' | 'workers'; readonly candidates: readonly string[]; readonly count: number }
  | { readonly type: 'leader'; readonly partition: number };

export type SetUp = Pick<Profile, 'cluster' | 'topic' | 'producers' | 'consumers'>;

/** The words that stand for nodes or workers, beside their names. */
export const targetWords = [
  'any',
  'one',
  'minority',
  'majority',
  'all',
  'master',
  'slave',
  'slaves',
  'producer',
  'producers',
  'consumer',
  'consumers',
] as const;

/** What they are usually called elsewhere. */
export const targetUsual: UsualWords = {
  leader: 'leader of 0',
  primary: 'master',
  masters: 'all',
  replica: 'slave',
  replicas: 'slaves',
  follower: 'slave',
  broker: 'one',
  brokers: 'all',
  node: 'any',
  nodes: 'all',
  random: 'any',
  everything: 'all',
  quorum: 'majority',
  half: 'majority',
  worker: ['producer', 'consumer'],
  workers: ['producers', 'consumers'],
  client: ['producer', 'consumer'],
  clients: ['producers', 'consumers'],
  database: 'store',
  db: 'store',
};

/** Throws nothing: a target that is not there has no candidates. */
export function targetChoice(target: Profile['faults'][number]['target'], setUp: SetUp): TargetChoice {
  if (typeof target !== 'string' && 'leader' in target) return { type: 'leader', partition: target.leader };
  const names = namesIn(setUp);
  const all = names.brokers.length;
  const nodes = (candidates: readonly string[], count: number): TargetChoice => ({ type: 'nodes', candidates, count });
  const workers = (candidates: readonly string[], count: number): TargetChoice => ({
    type: 'workers',
    candidates,
    count,
  });
  const words: Readonly<Record<(typeof targetWords)[number], TargetChoice>> = {
    any: nodes([...names.others, ...names.brokers], 1),
    one: nodes(names.brokers, 1),
    minority: nodes(names.brokers, Math.floor((all - 1) / 2)),
    majority: nodes(names.brokers, Math.floor(all / 2) + 1),
    all: nodes(names.brokers, all),
    master: nodes(names.masters, 1),
    slave: nodes(names.slaves, 1),
    slaves: nodes(names.slaves, names.slaves.length),
    producer: workers(names.producers, 1),
    producers: workers(names.producers, names.producers.length),
    consumer: workers(names.consumers, 1),
    consumers: workers(names.consumers, names.consumers.length),
  };
  if (typeof target !== 'string') {
    // all of them or none: a list with a name that is not there is a mistake, not a smaller list
    const known = target.every((name) => [...names.others, ...names.brokers].includes(name));
    return nodes(known ? [...new Set(target)] : [], target.length);
  }
  const word = targetWords.find((known) => known === target);
  if (word !== undefined) return words[word];
  const node = [...names.others, ...names.brokers, ...names.stores].filter((name) => name === target);
  if (node.length > 0) return nodes(node, 1);
  const named = inGroup(target, setUp) ?? target;
  return workers(
    [...names.producers, ...names.consumers].filter((name) => name === named),
    1,
  );
}

/** Everything that has a name in this set-up. */
export function namesIn(setUp: SetUp) {
  const { cluster, producers, consumers } = setUp;
  const nodes = nodesOf(cluster);
  const named = (is: (role: Role) => boolean): string[] => nodes.flatMap(({ id, role }) => (is(role) ? [id] : []));
  return {
    brokers: named(isBroker),
    /** By their part at the start: a slave may lead later. Among equals each may lead. */
    masters: cluster.attach === undefined ? named((role) => role === 'master' || role === 'node') : [],
    slaves: named((role) => role === 'slave'),
    /** What brokers need and what holds no messages. */
    others: named((role) => !isBroker(role)),
    stores: storesOf(consumers),
    producers: producerNames(producers.count),
    consumers: consumerNames(consumers.count, consumers.groups),
  };
}

/** None of settings that are wrong, which is told elsewhere. */
function storesOf(consumers: SetUp['consumers']): string[] {
  const settings = effectSettings(consumers);
  if (settings !== undefined && effectProblems(settings).length > 0) return [];
  return storeNames(settings, consumers.effect?.control !== undefined);
}

/** `c2.1`, the first consumer of the second group, by its number through all groups. */
function inGroup(target: string, { consumers }: SetUp): string | undefined {
  const [, group, member] = /^c([1-9]\d*)\.([1-9]\d*)$/.exec(target)?.map(Number) ?? [];
  if (group === undefined || member === undefined || member > consumers.count || group > consumers.groups)
    return undefined;
  return consumerNames(consumers.count, consumers.groups)[(group - 1) * consumers.count + member - 1];
}
