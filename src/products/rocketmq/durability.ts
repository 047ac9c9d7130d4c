/**
 * Whether RocketMQ may lose what it acknowledged, or showed to a consumer, under these settings and these faults. An
 * over-approximation: any two faults may overlap.
 *
 * Consumers are shown what is in a master's log, copied or not. What an acknowledgement stands for:
 *
 *   SYNC_MASTER with inSyncReplicas n     n copies, else the answer is FLUSH_SLAVE_TIMEOUT, which is no acknowledgement
 *   SYNC_MASTER with inSyncReplicas 1     the master's copy: it waits for no slave, whatever its name says
 *   controller, allAckInSyncStateSet      every broker of the SyncStateSet, which may shrink to the master alone
 *   … and minInSyncReplicas n             n copies at least
 */
import type { Clause } from '../../audit/class.ts';
import { allowed, type Durability } from '../../plan/clause.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { takenBy } from '../../plan/taken.ts';
import { aims, faultWords, type Undertaking } from '../../plan/threats.ts';
import { unknownStorage } from '../attached-contract.ts';
import type { ClusterPlan } from '../cluster.ts';
import { membersOf, nameServer, needsProxy, proxy } from './nodes.ts';
import type { RocketmqPlan } from './settings.ts';

interface Hit {
  readonly fault: FaultPlan;
  readonly members: readonly string[];
}

export function storage({ cluster, producers, faults }: Undertaking, what: 'acked' | 'shown'): Durability {
  if (cluster.attach !== undefined) return unknownStorage;
  const plan = cluster as RocketmqPlan;
  const waits = what === 'acked' && producers.acks === 'all';
  const synced = plan.flush === 'sync' && waits;
  for (const members of sets(plan)) {
    const because = lossOf(plan, members, { faults, waits, synced });
    if (because !== undefined) return { loses: true, because };
  }
  return { loses: false, because: promiseOf(plan, faults, { waits, synced }) };
}

/** Slaves that no answer waits for and that cannot come to lead, and the proxy where producers do without it. */
export function idleSlaves({ cluster, producers }: Undertaking): string[] {
  if (cluster.attach !== undefined) return [];
  const plan = cluster as RocketmqPlan;
  const unasked = needsProxy(plan) && plan.client === 'remoting' ? [proxy] : [];
  if (plan.controller || (waitsForCopies(plan) > 1 && producers.acks === 'all')) return unasked;
  return [...unasked, ...sets(plan).flatMap((members) => members.slice(1))];
}

/** Names of each set, the master first. */
function sets(plan: RocketmqPlan): string[][] {
  const all = membersOf(plan);
  return all
    .filter(({ brokerId }) => brokerId === 0)
    .map(({ set }) => all.filter((each) => each.set === set).map(({ name }) => name));
}

/** Copies that an acknowledgement stands for, whatever happens to the others. */
function waitsForCopies({
  replication,
  inSyncReplicas,
  minInSyncReplicas,
  controller,
  allAckInSyncStateSet,
}: RocketmqPlan): number {
  if (replication !== 'sync') return 1;
  return Math.max(inSyncReplicas, controller && allAckInSyncStateSet ? minInSyncReplicas : 1);
}

interface Question {
  readonly faults: readonly FaultPlan[];
  /** What is asked about counts once the settings are met, rather than when the master has it. */
  readonly waits: boolean;
  /** It is on the disk by then. */
  readonly synced: boolean;
}

function lossOf(
  plan: RocketmqPlan,
  members: readonly string[],
  { faults, waits, synced }: Question,
): string | undefined {
  const hits = faults.flatMap((fault): Hit[] => {
    const named = hitMembers(fault, members, plan);
    return named.length === 0 ? [] : [{ fault, members: named }];
  });
  const taking = hits.filter(({ fault }) => takes(fault, plan, synced));
  const copies = waits ? waitsForCopies(plan) : 1;
  const elected = lossByElection(plan, hits, { faults, waits, synced }, copies, members.length);
  if (elected !== undefined) return elected;
  const [master = ''] = members;
  const losable = plan.controller ? taking : taking.filter((hit) => hit.members.includes(master));
  if (losable.length === 0) return undefined;
  const words = faultWords(losable.map(({ fault }) => fault));
  if (copies < 2) return `gone with ${words}: ${aloneWords(plan, waits)}`;
  if (copies < members.length) {
    return `gone with ${words}: of ${members.length} copies an answer waits for ${copies}, and the one that is left may be another`;
  }
  const lost = new Set(taking.flatMap((hit) => hit.members));
  return lost.size < copies
    ? undefined
    : `gone with ${faultWords(taking.map(({ fault }) => fault))}, which may take all ${copies} copies`;
}

/** A slave that is elected need not have what no answer waited for; an unclean one may have lost what it had. */
function lossByElection(
  plan: RocketmqPlan,
  hits: readonly Hit[],
  { faults, synced }: Question,
  copies: number,
  size: number,
): string | undefined {
  const { controller, allAckInSyncStateSet, electUnclean } = plan;
  if (!controller) return undefined;
  const deposing = [...hits.map(({ fault }) => fault), ...faults.filter((fault) => aims(fault, nameServer))];
  if (deposing.length === 0) return undefined;
  const everyoneHasIt = copies >= size;
  if (electUnclean && (!everyoneHasIt || hits.some(({ fault }) => takes(fault, plan, synced)))) {
    return `at ${faultWords(deposing)} a broker may be elected that is not in the SyncStateSet`;
  }
  if (everyoneHasIt || allAckInSyncStateSet) return undefined;
  return `at ${faultWords(deposing)} a slave that leads may lack what no send waited for`;
}

function hitMembers(
  { target }: FaultPlan,
  members: readonly string[],
  { controller }: RocketmqPlan,
): readonly string[] {
  if (target.type === 'workers') return [];
  if (target.type === 'leader') return controller ? members : members.slice(0, 1);
  return members.filter((id) => target.nodes.includes(id));
}

/** One that is not known takes all. */
function takes(fault: FaultPlan, plan: ClusterPlan, synced: boolean): boolean {
  const what = takenBy(fault, plan);
  return what === 'all' || (what === 'unsynced' && !synced);
}

function aloneWords({ slaves, replication, controller }: RocketmqPlan, waits: boolean): string {
  if (slaves === 0) return 'there is no other copy';
  if (!waits) return 'what is shown or answered at once need not be copied';
  if (replication !== 'sync') return 'an ASYNC_MASTER waits for no slave';
  if (controller) return 'the SyncStateSet may have shrunk to the master alone';
  return 'a SYNC_MASTER with inSyncReplicas 1 waits for no slave';
}

function promiseOf(
  plan: RocketmqPlan,
  faults: readonly FaultPlan[],
  { waits, synced }: Omit<Question, 'faults'>,
): string {
  const names = sets(plan).flat();
  const hits = faults.filter(
    ({ target }) =>
      target.type === 'leader' || (target.type === 'nodes' && target.nodes.some((id) => names.includes(id))),
  );
  if (hits.length === 0) return 'no fault is planned that takes anything from a broker';
  const losses = hits.filter((fault) => takes(fault, plan, synced));
  if (losses.length === 0) {
    return synced && hits.some((fault) => takenBy(fault, plan) === 'unsynced')
      ? `with SYNC_FLUSH it had to be on the disk before ${faultWords(hits)}`
      : `nothing that was written goes with ${faultWords(hits)}: the page cache and the disk stay`;
  }
  return waits && waitsForCopies(plan) > 1
    ? `${waitsForCopies(plan)} brokers had it before it was acknowledged: one has what goes with ${faultWords(losses)}`
    : `no more than a copy goes with ${faultWords(losses)}: the master has all`;
}

/** Calls of one client run at the same time, and the proxy sends each to a queue of its own choice. */
export function throughProxy({ cluster, producers }: Undertaking): Clause | undefined {
  if ((cluster as RocketmqPlan).client === 'remoting' || producers.window === 1) return undefined;
  return allowed(`the proxy carries out the calls of a client at the same time, and ${producers.window} are in flight`);
}
