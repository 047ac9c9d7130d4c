/**
 * What a stream of NATS JetStream promises. An answer is given once a majority of the stream's replicas has the message
 * in its page cache: nothing that leaves the page cache alone takes it. NATS says of three replicas that they tolerate the
 * loss of one server, and of five the loss of two; so much is promised here.
 *
 * An over-approximation. Which nodes have a stream is the cluster's choice, any two faults may overlap, and a node that is
 * hit by any fault may be behind when another one loses what it had.
 */
import type { Clause } from '../../audit/class.ts';
import { allowed, type Durability } from '../../plan/clause.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { takenBy } from '../../plan/taken.ts';
import { faultWords, onBrokers, type Undertaking } from '../../plan/threats.ts';
import { unknownStorage } from '../attached-contract.ts';
import { copiesOf, nodeIds } from './nodes.ts';
import type { NatsPlan } from './settings.ts';

/**
 * MAX_DELIVERIES is an advisory, which a server sends once and forgets, to whoever listens: here a stream, which does not
 * listen while it has no leader. The consumer gives the message up all the same.
 */
export function unheardNotices({ faults }: Undertaking): Clause | undefined {
  const hit = onBrokers(faults);
  if (hit.length === 0) return undefined;
  return allowed(
    `NATS tells once that a message was given often enough, and keeps no notice that nobody hears (${faultWords(hit)})`,
  );
}

/** Consumers are shown what a majority has, so that it is the same for what was acknowledged and for what was shown. */
export function storage({ cluster, topic, faults }: Undertaking): Durability {
  const own = cluster as NatsPlan;
  if (own.attach !== undefined) return unknownStorage;
  const copies = copiesOf(own, topic.replication);
  const hit = onBrokers(faults);
  const taking = hit.filter((fault) => takes(fault, own));
  if (taking.length === 0) return { loses: false, because: nothingTaken(hit, copies) };
  const majority = Math.floor(copies / 2) + 1;
  const gone = Math.min(copies, nodesHit(taking, own.nodes));
  if (gone >= majority) return { loses: true, because: `${lostWith(own, taking)}${faultWords(taking)}${of(copies)}` };
  const unwell = Math.min(copies, nodesHit(hit, own.nodes));
  if (unwell <= tolerated(copies)) {
    return {
      loses: false,
      because: `${copies} replicas tolerate that one loses what it had, as with ${faultWords(taking)}`,
    };
  }
  return {
    loses: true,
    because: `${faultWords(taking)} may take what no other replica but those that are behind with ${faultWords(hit)} could keep`,
  };
}

/** Replicas that may be lost: those beyond a majority. Of two, which must both answer, either one has everything. */
function tolerated(copies: number): number {
  return copies === 2 ? 1 : copies - Math.floor(copies / 2) - 1;
}

function takes(fault: FaultPlan, cluster: NatsPlan): boolean {
  const what = takenBy(fault, cluster);
  return what === 'all' || (what === 'unsynced' && cluster.syncInterval !== 'always');
}

/** How many different nodes the faults may be on: whoever leads may be another one each time. */
function nodesHit(faults: readonly FaultPlan[], nodes: number): number {
  const named = faults.flatMap(({ target }) => (target.type === 'nodes' ? target.nodes : []));
  const leaders = faults.filter(({ target }) => target.type === 'leader').length;
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
