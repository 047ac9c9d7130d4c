/**
 * What the planned faults can do to whom. Times are not looked at: on a slow machine a window lasts longer than planned,
 * and any two may overlap. So this is what may happen, never less.
 */
import { storeIds } from '../audit/class.ts';
import type { FaultPlan, Plan } from './plan.ts';

/** A plan before it says what is expected of it: of that nothing depends here. */
export type Undertaking = Omit<Plan, 'expect'>;

/** Faults on the servers that processing has its effect in. */
export function onStores(faults: readonly FaultPlan[]): FaultPlan[] {
  return faults.filter((fault) => storeIds.some((id) => aims(fault, id)));
}

/** Faults on servers, of brokers and of effects, without those on workers. */
export function onNodes(faults: readonly FaultPlan[]): FaultPlan[] {
  return faults.filter(({ target }) => target.type !== 'workers');
}

/** Those on brokers and on what brokers need. */
export function onBrokers(faults: readonly FaultPlan[]): FaultPlan[] {
  const elsewhere = onStores(faults);
  return onNodes(faults).filter((fault) => !elsewhere.includes(fault));
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
  'disk-read-only': 'read-only disk',
  'disk-slow': 'slow disk',
  'disk-hang': 'hanging disk',
  'disk-corrupt': 'damage to the disk',
  promote: 'promotion',
  'network-disconnect': 'network cut',
  'one-way-partition': 'one-way partition',
  'cut-after': 'cut connections',
  'half-open': 'half-open connections',
  'slow-close': 'slow closing',
  bandwidth: 'narrow line',
  'lost-answer': 'lost answers',
  'delayed-answer': 'late answers',
  'error-answer': 'error answers',
  'moved-leader': 'wrong leaders',
  'doubled-records': 'doubled records',
  'corrupted-records': 'corrupted records',
  'swapped-records': 'swapped records',
};

function whom(target: FaultPlan['target']): string {
  if (target.type === 'leader') return `the leader of ${target.partition}`;
  return inWords(target.type === 'nodes' ? target.nodes : target.workers);
}

function inWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Whether a fault may be on one of these nodes. */
export function mayHit({ target }: FaultPlan, members: readonly string[]): boolean {
  return target.type === 'leader' || (target.type === 'nodes' && members.some((id) => target.nodes.includes(id)));
}

export function aims({ target }: FaultPlan, id: string): boolean {
  return target.type === 'nodes' && target.nodes.includes(id);
}

export function isProducer(worker: string): boolean {
  return worker.startsWith('p');
}
