/**
 * What the planned faults can do to whom. Times are not looked at: on a slow machine a window lasts longer than planned,
 * and any two may overlap. So this is what may happen, never less.
 */
import { masterNames, nameServer, slaveNames, storeIds } from '../profile/names.ts';
import type { FaultPlan, Plan } from './plan.ts';

/** A plan before it says what is expected of it: of that nothing depends here. */
export type Undertaking = Omit<Plan, 'expect'>;

export type BundledPlan = Extract<Plan['cluster'], { broker: 'bundled' }>;

/** One fault on a set: the members that it may hit, and how many of them at most. */
export interface Hit {
  readonly fault: FaultPlan;
  readonly members: readonly string[];
  readonly most: number;
}

/** A master, its slaves, and what the plan does to them. */
export interface SetThreats {
  readonly master: string;
  readonly members: readonly string[];
  readonly hits: readonly Hit[];
  /** Faults on the name server, which decides who leads. */
  readonly onNameServer: readonly FaultPlan[];
  /** Another member than the master may come to lead: by failover, or by the operator. */
  readonly mobile: boolean;
}

export function setThreats(cluster: BundledPlan, faults: readonly FaultPlan[]): SetThreats[] {
  return masterNames(cluster.masters).map((master) => {
    const members = [
      master,
      ...slaveNames(cluster.masters, cluster.slaves).filter((id) => id.startsWith(`${master}s`)),
    ];
    const mobile =
      members.length > 1 &&
      (cluster.failover !== 'none' || faults.some((fault) => fault.do === 'promote' && mayHit(fault, members)));
    const hits = faults.flatMap((fault): Hit[] => {
      const { target } = fault;
      if (target.type === 'workers') return [];
      // which set has a partition is the cluster's choice, so its leader may be anybody that leads
      if (target.type === 'leader') return [{ fault, members: mobile ? members : [master], most: 1 }];
      const named = members.filter((id) => target.nodes.includes(id));
      return named.length === 0 ? [] : [{ fault, members: named, most: named.length }];
    });
    return { master, members, hits, onNameServer: faults.filter((fault) => aims(fault, nameServer)), mobile };
  });
}

/** Faults that keep a producer from its answer: on whoever answers it, or on itself. */
export function disturbing({ cluster, producers, faults }: Undertaking): FaultPlan[] {
  const idle = [...storeIds, ...(cluster.broker === 'bundled' ? idleSlaves(cluster, producers.acks, faults) : [])];
  return faults.filter(({ target }) => {
    if (target.type === 'leader') return true;
    if (target.type === 'workers') return target.workers.some(isProducer);
    return target.nodes.some((id) => !idle.includes(id));
  });
}

/** Faults on the servers that processing has its effect in. */
export function onStores(faults: readonly FaultPlan[]): FaultPlan[] {
  return faults.filter((fault) => storeIds.some((id) => aims(fault, id)));
}

/** Faults on servers, of brokers and of effects, without those on workers. */
export function onNodes(faults: readonly FaultPlan[]): FaultPlan[] {
  return faults.filter(({ target }) => target.type !== 'workers');
}

export function onProducers(faults: readonly FaultPlan[]): FaultPlan[] {
  return faults.filter(({ target }) => target.type === 'workers' && target.workers.some(isProducer));
}

export function onConsumers(faults: readonly FaultPlan[]): FaultPlan[] {
  return faults.filter(({ target }) => target.type === 'workers' && target.workers.some((name) => !isProducer(name)));
}

/** `the power cut of b1 (f1) and the kill of b1s1 (f2, f3)`. */
export function faultWords(faults: readonly FaultPlan[]): string {
  const entries = new Map<string, Set<string>>();
  for (const fault of faults) {
    const deed = `the ${deeds[fault.do] ?? fault.do} of ${whom(fault.target)}`;
    entries.set(deed, (entries.get(deed) ?? new Set()).add(fault.id.split('.')[0] ?? fault.id));
  }
  const words = [...entries].map(([deed, ids]) => `${deed} (${[...ids].join(', ')})`);
  const listed = words.slice(0, mostNamed);
  const more = words.length - listed.length;
  return more > 0 ? `${listed.join(', ')} and ${more} more` : inWords(listed);
}

const mostNamed = 3;
const deeds: Readonly<Record<string, string>> = {
  'power-loss': 'power cut',
  'disk-loss': 'loss of the disk',
  'kill-at': 'kill',
  'kill-paused': 'kill',
  'pause-at': 'pause',
  'disk-fail': 'failing disk',
  'disk-full': 'full disk',
  'disk-slow': 'slow disk',
  promote: 'promotion',
};

function whom(target: FaultPlan['target']): string {
  if (target.type === 'leader') return `the leader of ${target.partition}`;
  return inWords(target.type === 'nodes' ? target.nodes : target.workers);
}

function inWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function mayHit({ target }: FaultPlan, members: readonly string[]): boolean {
  return target.type === 'leader' || (target.type === 'nodes' && members.some((id) => target.nodes.includes(id)));
}

function aims({ target }: FaultPlan, id: string): boolean {
  return target.type === 'nodes' && target.nodes.includes(id);
}

/** Slaves that no answer waits for and that cannot come to lead. */
function idleSlaves(cluster: BundledPlan, acks: 'all' | 'one', faults: readonly FaultPlan[]): string[] {
  if (cluster.replication === 'sync' && acks === 'all') return [];
  return setThreats(cluster, faults).flatMap(({ mobile, members }) => (mobile ? [] : members.slice(1)));
}

function isProducer(worker: string): boolean {
  return worker.startsWith('p');
}
