import type { Failover } from '../../../src/broker/name-server/election.ts';
import { type RandomStream, stream } from '../../../src/plan/random.ts';
import { type ClusterShape, nameServer, nodeName } from './cluster.ts';
import type { Death } from './machine.ts';
import type { Leftovers } from './world/disk.ts';

/** Something that goes wrong in a round, for a time. */
export interface Deed {
  /** After the beginning of its round. */
  readonly atMs: number;
  readonly forMs: number;
  readonly what:
    | { readonly do: 'die'; readonly deaths: readonly Dying[]; readonly left: Leftovers }
    | { readonly do: 'pause'; readonly target: Target }
    | { readonly do: 'part'; readonly target: Target; readonly from: Target; readonly ways: 'both' | 'to' | 'from' }
    | { readonly do: 'disk'; readonly target: Target; readonly rule: DiskTrouble }
    | { readonly do: 'promote'; readonly target: Target };
}

/** All that die with one deed do so at the same moment. */
interface Dying {
  readonly target: Target;
  readonly death: Death;
}

export type DiskTrouble = { readonly fail: 'EIO' | 'ENOSPC' } | { readonly syncDelayMs: number };

/** A machine by its name, or whoever leads set 1 at that moment. */
export type Target = string;
export const leader: Target = 'leader';

export interface Scenario {
  readonly seed: number;
  readonly shape: ClusterShape;
  readonly partitions: number;
  readonly producers: readonly ProducerShape[];
  readonly consumers: readonly ConsumerShape[];
  /** Deeds of each round; after it everything is healed, and the cluster has to become whole again. */
  readonly rounds: readonly (readonly Deed[])[];
}

export interface ProducerShape {
  readonly name: string;
  readonly idempotent: boolean;
  readonly acks: 1 | -1;
  /** Time between two sends, on average. */
  readonly everyMs: number;
}

export interface ConsumerShape {
  readonly name: string;
  readonly group: string;
  /** Whether it is a member of its group, or reads everything and only commits for it. */
  readonly joins: boolean;
}

const consumers: readonly ConsumerShape[] = [
  { name: 'c1', group: 'g1', joins: true },
  { name: 'c2', group: 'g1', joins: true },
  { name: 'c3', group: 'g2', joins: false },
];

export const roundMs = 4000;

/** What a cluster of this shape is held to in this scenario: see docs/broker.md, "What each setting promises". */
export interface Promises {
  /** Nothing that was acknowledged to acks all is lost, nor a committed offset. */
  readonly all: boolean;
  /** The same for acks 1. */
  readonly one: boolean;
  /** Nothing that a consumer was shown is taken back. */
  readonly shown: boolean;
}

export function promisesOf({ shape, rounds }: Scenario): Promises {
  const deeds = rounds.flat();
  const copied = shape.slaves > 0 && shape.replication === 'sync';
  const takes = (round: readonly Deed[]) => round.reduce((sum, deed) => sum + takenBy(deed, shape), 0);
  const promoted = deeds.some(({ what }) => what.do === 'promote');
  const deposed = shape.slaves > 0 && (promoted || (shape.failover !== 'none' && deeds.length > 0));
  const alone = deeds.every((deed) => takenBy(deed, shape) === 0) && !deposed;
  const clean = shape.failover !== 'unclean' && !promoted;
  const both = copied && clean && rounds.every((round) => takes(round) <= 1);
  return { all: copied ? both : alone, one: alone, shown: copied ? both : alone };
}

/** How many nodes lose something that they had: their disk, or what they had not synced. */
function takenBy({ what }: Deed, { flush }: ClusterShape): number {
  if (what.do !== 'die') return 0;
  const takes = ({ target, death }: Dying) =>
    target !== nameServer && (death === 'wipe' || (death === 'power' && flush === 'async'));
  return what.deaths.filter(takes).length;
}

/** The scenario of a seed. Two thirds of them keep to what the settings promise something for. */
export function scenarioOf(seed: number): Scenario {
  const random = stream(seed, 'scenario');
  const slaves = random.pick([0, 1, 1, 2, 2, 2]);
  const shape: ClusterShape = {
    masters: random.pick([1, 1, 1, 2]),
    slaves,
    flush: random.pick(['sync', 'async']),
    replication: slaves === 0 ? 'async' : random.pick(['sync', 'sync', 'sync', 'async']),
    failover: slaves === 0 ? 'none' : random.pick<Failover>(['none', 'in-sync', 'in-sync', 'unclean']),
    inSyncReplicas: slaves === 0 ? 1 : random.pick([1, 1, 2]),
  };
  const held = random.int(3) > 0;
  const rounds = Array.from({ length: random.range(1, 3) }, () => roundOf(random, shape, held));
  const producers = ['i1', 'i2', 'p1', 'p2'].map((name) => ({
    name,
    idempotent: name.startsWith('i'),
    acks: name === 'p2' ? (1 as const) : (-1 as const),
    everyMs: random.range(40, 200),
  }));
  return { seed, shape, partitions: random.range(1, 3), producers, consumers, rounds };
}

function roundOf(random: RandomStream, shape: ClusterShape, held: boolean): Deed[] {
  const deeds: Deed[] = [];
  let taken = 0;
  for (let left = random.range(1, 4); left > 0; left--) {
    const deed: Deed = {
      atMs: random.range(0, roundMs),
      forMs: random.range(50, 3000),
      what: whatOf(random, shape, held),
    };
    const takes = takenBy(deed, shape);
    if (held && taken + takes > (shape.slaves > 0 && shape.replication === 'sync' ? 1 : 0)) continue;
    taken += takes;
    deeds.push(deed);
  }
  return deeds.sort((one, other) => one.atMs - other.atMs);
}

function whatOf(random: RandomStream, shape: ClusterShape, held: boolean): Deed['what'] {
  const node = (): Target => random.pick([leader, leader, ...nodesOf(shape), nameServer]);
  const left = (): Leftovers => random.pick(['none', 'first', 'any']);
  switch (random.pick(['die', 'die', 'die', 'all', 'pause', 'pause', 'part', 'part', 'disk', 'promote'] as const)) {
    case 'die': {
      const target = node();
      const death = random.pick(['kill', 'kill', 'power', 'power', 'wipe'] as const);
      // a name server that has lost its folder is another cluster
      const deaths = [{ target, death: target === nameServer && death === 'wipe' ? 'power' : death } as const];
      return { do: 'die', deaths, left: left() };
    }
    case 'all': {
      const [first, rest] = random.pick([
        ['kill', 'kill'],
        ['power', 'power'],
        ['wipe', 'power'],
      ] as const);
      // whoever leads is first: it dies once, although it is among the others too
      const deaths = [leader, ...nodesOf(shape)].map((target, at) => ({ target, death: at === 0 ? first : rest }));
      return { do: 'die', deaths, left: left() };
    }
    case 'pause':
      return { do: 'pause', target: node() };
    case 'part': {
      const others: Target[] = [...nodesOf(shape), nameServer, 'clients'];
      return {
        do: 'part',
        target: node(),
        from: random.pick(others),
        ways: random.pick(['both', 'both', 'to', 'from']),
      };
    }
    case 'disk': {
      const target = random.pick([leader, ...nodesOf(shape)]);
      const rule = random.pick([{ fail: 'EIO' }, { fail: 'ENOSPC' }, { syncDelayMs: 400 }] as const);
      return { do: 'disk', target, rule };
    }
    case 'promote':
      return held || shape.slaves === 0
        ? { do: 'pause', target: leader }
        : { do: 'promote', target: random.pick(nodesOf(shape)) };
  }
}

function nodesOf({ masters, slaves }: ClusterShape): Target[] {
  return Array.from({ length: masters * (slaves + 1) }, (_, index) =>
    nodeName(1 + (index % masters) + 16 * Math.floor(index / masters)),
  );
}
