/** The sides of a run that a fault acts on, as bits. They tell which harm it cannot have done. */
import { type FindingClass, storeIds } from '../class.ts';
import type { WorkerRecord } from '../evidence/run-record.ts';

export const sides = { servers: 1, consumers: 2, producers: 4, stores: 8 } as const;
export const anySide = 15;

/** Where a fault acts that has these targets. A target that is neither a worker nor a store is a server. */
export function sidesOf(targets: readonly string[], workers: readonly WorkerRecord[]): number {
  if (targets.length === 0) return anySide;
  return targets.reduce((bits, target) => bits | sideOf(target, workers), 0);
}

function sideOf(target: string, workers: readonly WorkerRecord[]): number {
  if (storeIds.includes(target)) return sides.stores;
  const role = workers.find(({ name }) => isOf(name, target))?.role;
  if (role === 'producer') return sides.producers;
  return role === 'consumer' ? sides.consumers : sides.servers;
}

/** `p1.2` is an incarnation of the worker `p1`: a fault on the worker hits whichever incarnation is running. */
export function isOf(name: string, worker: string): boolean {
  return name === worker || name.startsWith(`${worker}.`);
}

/**
 * The sides from which the harm of a class can come. A message that is proved to be missing from the log was taken by a
 * server: no client removes messages there. Where no log is read, a queue may have handed it to a consumer that died.
 */
export function culprits(name: FindingClass, proved: boolean | undefined): number {
  if (name === 'rolled-back' || name === 'degraded-lost' || (name === 'lost' && proved === true)) return sides.servers;
  return name === 'lost' || name === 'skipped' ? sides.servers | sides.consumers : anySide;
}
