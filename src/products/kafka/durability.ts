/**
 * Whether Kafka nodes of ours may lose what they stored, under these settings and these faults.
 *
 * An over-approximation. Which node has which partition is Kafka's choice, so every node may have any; any two faults may
 * overlap (see threats.ts). What an acknowledgement stands for is a number of copies that were in sync, and only copies in
 * sync may lead, unless elections are unclean. A node that comes back with less than it had (its disk lost, or what was not
 * synced) counts as out of sync: the controller strikes out whoever returns without a clean end (KIP-966, on by default
 * since 4.1). But where it is the last that led, it leads again, with whatever it has left, although others that were in
 * sync before it may have more.
 */
import type { Durability } from '../../plan/clause.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { takenBy } from '../../plan/taken.ts';
import { faultWords, onBrokers, type Undertaking } from '../../plan/threats.ts';
import type { ManagedKafka } from './settings.ts';

/** Of what was acknowledged (acked), or of what consumers may have been shown. */
export function durability(settings: ManagedKafka, plan: Undertaking, what: 'acked' | 'shown'): Durability {
  const { minInsyncReplicas, uncleanElection } = settings;
  const replication = plan.topic.replication ?? settings.replicationFactor;
  const faults = onBrokers(plan.faults);
  const words = faultWords(faults);
  const leaderAlone = what === 'acked' && plan.producers.acks === 'one';
  // Kafka asks for no more copies than there are; nor does it show more than so many have
  const copies = leaderAlone ? 1 : Math.min(minInsyncReplicas, replication);
  if (faults.length === 0) return { loses: false, because: 'no fault is planned that a broker could lose anything by' };
  if (replication > 1 && leaderAlone) {
    return loses(`acks one: a follower that leads after ${words} may lack what the leader alone had`);
  }
  if (replication > 1 && uncleanElection) {
    return loses(`unclean election: after ${words} a copy may lead that is not in sync`);
  }
  const taking = faults.filter((fault) => takesData(fault, settings));
  if (taking.length === 0)
    return { loses: false, because: `${words}: what was written stays on the disks, and ${whoLeads(replication)}` };
  const hit = nodesHit(faults, settings.nodes);
  if (hit < copies)
    return { loses: false, because: `${copies} copies were in sync, and ${words} can take one of them at most` };
  return loses(
    `${cause(taking, settings)}${faultWords(taking)}${behind(copies, replication, faults.length > taking.length ? words : '')}`,
  );
}

/** Whether a fault takes what a node had: its disk, or what was not synced. One that is not known takes all. */
function takesData(fault: FaultPlan, settings: ManagedKafka): boolean {
  const what = takenBy(fault, settings);
  return what === 'all' || (what === 'unsynced' && settings.flush === 'default');
}

/** How many nodes may be hit. Who leads a partition may be another each time. */
function nodesHit(faults: readonly FaultPlan[], nodes: number): number {
  const named = new Set(faults.flatMap(({ target }) => (target.type === 'nodes' ? target.nodes : [])));
  const leaders = faults.filter(({ target }) => target.type === 'leader').length;
  return Math.min(nodes, named.size + leaders);
}

function cause(taking: readonly FaultPlan[], settings: ManagedKafka): string {
  const powerOnly = taking.every((fault) => takenBy(fault, settings) === 'unsynced');
  return powerOnly && settings.flush === 'default'
    ? 'flush default: what the system had not written back goes with '
    : 'gone with ';
}

function behind(copies: number, replication: number, words: string): string {
  if (replication === 1) return ', the only copy';
  if (copies === 1) return ', where no follower need have been in sync';
  const who = words === '' ? '' : `; with ${words}`;
  return `${who}: as many nodes may be hit as copies were sure to be in sync (${copies})`;
}

function whoLeads(replication: number): string {
  return replication === 1 ? 'nobody leads in its place' : 'only a copy in sync may lead';
}

function loses(because: string): Durability {
  return { loses: true, because };
}
