/**
 * Whether Redis may lose what it answered, under these settings and these faults. An over-approximation: any two faults
 * may overlap, and with a promotion planned any node may be the primary.
 *
 * Replicas do not help by themselves: a primary that comes back with less than it had makes its replicas copy that (the
 * Redis documentation, "Safety of replication when master has persistence turned off"). Only a promotion makes a
 * replica's data count, and it is of the operator's choosing what the replica then lacks.
 */
import type { Durability } from '../../plan/clause.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { takenBy } from '../../plan/taken.ts';
import { faultWords, mayHit, onBrokers } from '../../plan/threats.ts';
import { primaryId, redisNodes } from './nodes.ts';
import type { RedisPlan } from './settings.ts';

/** @param copied what is asked about counts only once `wait` replicas have it. */
export function durability(cluster: RedisPlan, faults: readonly FaultPlan[], copied: boolean): Durability {
  const onUs = onBrokers(faults);
  const because = lossByPrimary(cluster, onUs) ?? lossByPromotion(cluster, onUs, copied);
  if (because !== undefined) return { loses: true, because };
  return { loses: false, because: promiseOf(cluster, onUs, copied) };
}

/** Replicas that no answer waits for and that cannot come to lead. */
export function idleReplicas(cluster: RedisPlan, copied: boolean, faults: readonly FaultPlan[]): string[] {
  if (copied) return [];
  const primaries = possiblePrimaries(cluster, faults);
  return redisNodes(cluster).flatMap(({ id }) => (primaries.includes(id) ? [] : [id]));
}

function possiblePrimaries(cluster: RedisPlan, faults: readonly FaultPlan[]): readonly string[] {
  const ids = redisNodes(cluster).map(({ id }) => id);
  return promotions(cluster, faults).length > 0 ? ids : [primaryId];
}

function promotions({ replicas }: RedisPlan, faults: readonly FaultPlan[]): FaultPlan[] {
  return replicas === 0 ? [] : faults.filter((fault) => fault.do === 'promote');
}

/** A primary that ends and comes back with less. */
function lossByPrimary(cluster: RedisPlan, faults: readonly FaultPlan[]): string | undefined {
  const primaries = possiblePrimaries(cluster, faults);
  const hits = faults.filter((fault) => mayHit(fault, primaries));
  const disks = hits.filter((fault) => takenBy(fault, cluster) === 'all');
  if (disks.length > 0) return `gone with ${faultWords(disks)}${emptied(cluster)}`;
  const ending = hits.filter((fault) => ends(fault) !== 'nothing');
  if (cluster.fsync === 'off') {
    if (ending.length === 0) return undefined;
    return `fsync off: nothing but memory has it, and ${faultWords(ending)} takes that${emptied(cluster)}`;
  }
  if (cluster.fsync === 'always') return undefined;
  const cuts = hits.filter((fault) => takenBy(fault, cluster) === 'unsynced');
  if (cuts.length > 0) return `fsync everysec: what came in the last seconds before ${faultWords(cuts)} is not synced`;
  // flushAppendOnlyFile (aof.c): while an fsync runs, the write itself is put off for up to 2 s, the answers are not
  const kills = hits.filter((fault) => ends(fault) === 'at once');
  if (kills.length === 0) return undefined;
  return `fsync everysec: what was answered while an fsync runs is in memory alone, and ${faultWords(kills)} takes that`;
}

/** A replica that leads without having had all. */
function lossByPromotion(cluster: RedisPlan, faults: readonly FaultPlan[], copied: boolean): string | undefined {
  const promoted = promotions(cluster, faults);
  if (promoted.length === 0) return undefined;
  const words = faultWords(promoted);
  if (!copied) return `replication is asynchronous: what is not copied yet may be given up with ${words}`;
  if (cluster.wait < cluster.replicas) {
    return `wait ${cluster.wait} of ${cluster.replicas} replicas: the one of ${words} need not be one that had it`;
  }
  // a replica that restarts copies all anew, and until that is in its file, the file is older than what it confirmed
  const restarts = faults.filter((fault) => ends(fault) !== 'nothing' && promoted.some((other) => meet(fault, other)));
  if (restarts.length === 0) return undefined;
  return `a replica that comes back after ${faultWords(restarts)} need not have what it confirmed, and ${words} makes it lead`;
}

function meet(a: FaultPlan, { target }: FaultPlan): boolean {
  return target.type !== 'nodes' || mayHit(a, target.nodes);
}

/** How a fault ends the process, and with it what is in memory. */
function ends(fault: FaultPlan): 'nothing' | 'in order' | 'at once' {
  if (orderly.has(fault.do)) return 'in order';
  return harmless.has(fault.do) ? 'nothing' : 'at once';
}

/** Redis writes and syncs its file when it is told to end. */
const orderly = new Set(['stop', 'restart', 'disk-corrupt']);
const harmless = new Set([
  ...['pause', 'pause-at', 'promote', 'disk-slow', 'disk-hang', 'network-disconnect'],
  ...['partition', 'one-way-partition', 'latency', 'bandwidth', 'reset', 'half-open', 'slow-close', 'cut-after'],
]);

function emptied({ replicas }: RedisPlan): string {
  return replicas === 0 ? '' : '; a primary that comes back empty empties its replicas';
}

/** Why nothing is lost. */
function promiseOf(cluster: RedisPlan, faults: readonly FaultPlan[], copied: boolean): string {
  if (faults.length === 0) return 'no fault is planned that takes anything from a server';
  const words = faultWords(faults);
  if (promotions(cluster, faults).length > 0 && copied)
    return `wait ${cluster.wait}: every replica had it before ${words}`;
  if (cluster.fsync === 'off') return `no primary ends with ${words}, and memory stays`;
  if (cluster.fsync === 'always') return `fsync always: it had to be on the disk before ${words}`;
  return `nothing that was written goes with ${words}: Redis writes its file before it ends, and the page cache stays`;
}
