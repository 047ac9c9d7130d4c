/**
 * What a stream of NATS JetStream promises. An answer is given once a majority of the stream's replicas has the message
 * in its page cache: nothing that leaves the page cache alone takes it.
 *
 * An over-approximation. Which nodes have a stream is the cluster's choice, any two faults may overlap, and of an
 * acknowledged message no more than a majority of copies is counted on. A replica that comes back without what it had
 * keeps its name and its vote: together with one that was behind it may elect a leader that lacks the message.
 */
import type { Durability } from '../../plan/clause.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { taken } from '../../plan/taken.ts';
import { faultWords, onBrokers, type Undertaking } from '../../plan/threats.ts';
import { unknownStorage } from '../attached-contract.ts';
import { copiesOf, nodeIds } from './nodes.ts';
import type { NatsPlan } from './settings.ts';

/** Consumers are shown what a majority has, so that it is the same for what was acknowledged and for what was shown. */
export function storage({ cluster, topic, faults }: Undertaking): Durability {
  const own = cluster as NatsPlan;
  if (own.attach !== undefined) return unknownStorage;
  const copies = copiesOf(own, topic.replication);
  const hit = onBrokers(faults);
  const taking = hit.filter((fault) => takes(fault, own));
  if (taking.length === 0) return { loses: false, because: nothingTaken(hit, copies) };
  const blank = Math.min(copies, nodesTaken(taking, own.nodes));
  const majority = Math.floor(copies / 2) + 1;
  const behind = copies - majority;
  if (blank >= majority) return { loses: true, because: `${lostWith(own, taking)}${faultWords(taking)}${of(copies)}` };
  if (behind + blank < majority) {
    return { loses: false, because: `a majority of the ${copies} replicas keeps what goes with ${faultWords(taking)}` };
  }
  return {
    loses: true,
    because: `${faultWords(taking)} may bring back a replica that lacks what it had, and its vote may make one lead that was behind (${copies} replicas)`,
  };
}

function takes(fault: FaultPlan, { syncInterval }: NatsPlan): boolean {
  const what = taken[fault.do] ?? 'all';
  return what === 'all' || (what === 'unsynced' && syncInterval !== 'always');
}

/** How many different nodes may come back without what they had. */
function nodesTaken(taking: readonly FaultPlan[], nodes: number): number {
  const named = taking.flatMap(({ target }) => (target.type === 'nodes' ? target.nodes : []));
  const leaders = taking.filter(({ target }) => target.type === 'leader').length;
  return Math.min(nodes, new Set(named.filter((id) => nodeIds(nodes).includes(id))).size + leaders);
}

function lostWith({ syncInterval }: NatsPlan, taking: readonly FaultPlan[]): string {
  if (taking.every((fault) => fault.do === 'disk-loss')) return 'gone with ';
  const interval = typeof syncInterval === 'number' ? `${syncInterval} ms` : '2 minutes';
  return `a server syncs every ${interval} only, so that it may lose what came since with `;
}

function of(copies: number): string {
  return copies === 1
    ? ', where one replica has each message'
    : `, which may take a majority of the ${copies} replicas`;
}

function nothingTaken(hit: readonly FaultPlan[], copies: number): string {
  if (hit.length === 0) return 'no fault is planned that takes anything from a server';
  const who = copies === 1 ? 'the only replica' : `a majority of ${copies} replicas`;
  return `${who} had it in the page cache, which stays with ${faultWords(hit)}`;
}
