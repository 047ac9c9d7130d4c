/**
 * Whether the broker may lose what it stored, under these settings and these faults: the table "What each setting
 * promises" of docs/broker.md, for every plan. Defects change nothing: what they break is the promise that is told here.
 *
 * An over-approximation. Any two faults may overlap (see threats.ts), and a slave beside the first may be out of sync at
 * any time, so that no more than two copies of an acknowledged message are counted on.
 */
import type { Durability } from '../../plan/clause.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { takenBy } from '../../plan/taken.ts';
import { faultWords } from '../../plan/threats.ts';
import { spell } from '../../profile/schema/units.ts';
import type { BundledPlan } from './settings.ts';
import { type Hit, type SetThreats, setThreats } from './threats.ts';

/**
 * @param copied what is asked about counts once the in-sync slaves have it: what consumers are shown, with
 *   `replication: sync`, and what was acknowledged with acks all.
 */
export function durability(cluster: BundledPlan, faults: readonly FaultPlan[], copied: boolean): Durability {
  const sets = setThreats(cluster, faults);
  for (const set of sets) {
    const because = lossOf(set, cluster, copied && cluster.slaves > 0);
    if (because !== undefined) return { loses: true, because };
  }
  return { loses: false, because: promiseOf(cluster, sets, copied) };
}

function lossOf(set: SetThreats, cluster: BundledPlan, copied: boolean): string | undefined {
  const taking = set.hits.filter(({ fault }) => takesData(fault, cluster));
  const alone = lossOfLeader(set, cluster, taking);
  if (alone === undefined || !copied) return alone;
  return lossOfCopies(set, cluster, taking);
}

/** Whether a fault takes what a node had: its disk, or what was not synced. One that is not known takes all. */
function takesData(fault: FaultPlan, cluster: BundledPlan): boolean {
  const what = takenBy(fault, cluster);
  return what === 'all' || (what === 'unsynced' && cluster.flush === 'async');
}

/** When only the leader is sure to have it. */
function lossOfLeader(set: SetThreats, cluster: BundledPlan, taking: readonly Hit[]): string | undefined {
  const { master, members, hits, onNameServer } = set;
  const fatal = taking.filter((hit) => hit.members.includes(master)).map(({ fault }) => fault);
  if (fatal.length > 0) return `${flushWords(cluster, fatal)}${faultWords(fatal)}${behind(members)}`;
  if (members.length === 1) return undefined;
  const promoted = hits.filter(({ fault }) => fault.do === 'promote').map(({ fault }) => fault);
  if (promoted.length > 0) return `what is not copied yet may be given up with ${faultWords(promoted)}`;
  const deposing = [...hits.map(({ fault }) => fault), ...onNameServer];
  if (cluster.failover === 'none' || deposing.length === 0) return undefined;
  return `failover ${cluster.failover} may, at ${faultWords(deposing)}, make a slave lead that has not yet copied all`;
}

/** When each in-sync slave has it too: two copies at least. */
function lossOfCopies(set: SetThreats, cluster: BundledPlan, taking: readonly Hit[]): string | undefined {
  const { hits, onNameServer, members } = set;
  const faults = taking.map(({ fault }) => fault);
  if (membersTaken(taking, members.length) >= 2) {
    return `${flushWords(cluster, faults)}${faultWords(faults)}, which may take both copies that an acknowledgement stands for`;
  }
  const promotions = hits.filter(({ fault }) => fault.do === 'promote');
  const blank = promotions.filter((promotion) => taking.some((hit) => meet(hit, promotion)));
  const [risky, why] =
    members.length > 2
      ? [promotions, 'may make a slave lead that is not in sync']
      : [blank, 'may make a node lead that has lost what it had'];
  if (risky.length > 0) return `${faultWords(risky.map(({ fault }) => fault))} ${why}`;
  if (cluster.failover !== 'unclean') return undefined;
  const all = [...hits.map(({ fault }) => fault), ...onNameServer];
  const incidents = hits.reduce((sum, { most }) => sum + most, 0) + onNameServer.length;
  if (members.length === 2 && (taking.length === 0 || incidents < 2)) return undefined;
  return `failover unclean may, at ${faultWords(all)}, make a slave lead that is not in sync`;
}

/** How many members of the set may lose what they had. */
function membersTaken(taking: readonly Hit[], size: number): number {
  const sure = new Set(taking.filter(({ members, most }) => members.length === most).flatMap(({ members }) => members));
  const others = taking.filter(({ members, most }) => members.length > most).length;
  return Math.min(size, sure.size + others);
}

function meet(a: Hit, b: Hit): boolean {
  return a.members.some((id) => b.members.includes(id));
}

function flushWords(
  { flush, flushIntervalMs, thoroughFlushIntervalMs }: BundledPlan,
  faults: readonly FaultPlan[],
): string {
  if (flush === 'sync' || faults.every((fault) => fault.do === 'disk-loss')) return 'gone with ';
  const longest =
    thoroughFlushIntervalMs === flushIntervalMs ? '' : `, or ${spell(thoroughFlushIntervalMs)} when little is written`;
  const interval = `${spell(flushIntervalMs)}${longest}`;
  return `an asynchronous flush (every ${interval}) may lose what came last before `;
}

function behind(members: readonly string[]): string {
  return members.length === 1 ? '' : ', where no slave has copied it yet';
}

/** Why nothing is lost. */
function promiseOf(cluster: BundledPlan, sets: readonly SetThreats[], copied: boolean): string {
  const faults = [...new Set(sets.flatMap(({ hits }) => hits.map(({ fault }) => fault)))];
  if (faults.length === 0) return 'no fault is planned that takes anything from a broker';
  const cuts = faults.filter(({ do: name }) => name === 'power-loss');
  const losses = faults.filter((fault) => takesData(fault, cluster));
  if (losses.length > 0) {
    return copied && cluster.slaves > 0
      ? `with replication sync another in-sync node has what may go with ${faultWords(losses)}`
      : `no more than a copy goes with ${faultWords(losses)}: the leader has all`;
  }
  if (cuts.length > 0) return `with flush sync it had to be on the disk before ${faultWords(cuts)}`;
  return `nothing that was written goes with ${faultWords(faults)}: the page cache and the disk stay`;
}
