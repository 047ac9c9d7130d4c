/**
 * Whether RabbitMQ may lose what it has acknowledged, under these settings and these faults: the table "What is promised"
 * of docs/rabbitmq.md. An over-approximation: any two faults may overlap, and their times are not looked at.
 */
import { counted } from '../../counted.ts';
import type { Durability } from '../../plan/clause.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { takenBy } from '../../plan/taken.ts';
import { aims, faultWords, mayHit, onBrokers, onConsumers, type Undertaking } from '../../plan/threats.ts';
import { unknownStorage } from '../attached-contract.ts';
import { brokerNames } from './nodes.ts';
import type { RabbitmqPlan } from './settings.ts';

/** Of what was acknowledged (acked), or of what consumers may have been shown. */
export function durability(plan: Undertaking, what: 'acked' | 'shown' = 'acked'): Durability {
  const cluster = plan.cluster as RabbitmqPlan;
  const because = lossBySettings(plan, cluster) ?? lossByFaults(plan, cluster, what);
  if (because !== undefined) return { loses: true, because };
  return cluster.attach === undefined ? { loses: false, because: promiseOf(plan, cluster) } : unknownStorage;
}

/** What needs no fault on a broker. */
function lossBySettings({ consumers, faults }: Undertaking, { maxLength, overflow }: RabbitmqPlan): string | undefined {
  if (maxLength !== undefined && overflow !== 'reject-publish') {
    return `a queue of ${counted(maxLength, 'message')} drops its oldest when one more comes: max-length with overflow drop-head`;
  }
  const ending = [...onBrokers(faults), ...onConsumers(faults)];
  if (consumers.commit === 'before' && ending.length > 0) {
    return `with automatic acknowledgements what is on its way to a consumer goes with ${faultWords(ending)}`;
  }
  return undefined;
}

function lossByFaults(
  { consumers, faults }: Undertaking,
  cluster: RabbitmqPlan,
  what: 'acked' | 'shown',
): string | undefined {
  const { queue, durable, persistent, mandatory, deadLetter, nodes = 1 } = cluster;
  const hit = brokersHit(faults, cluster);
  if (hit.length === 0) return undefined;
  const words = faultWords(hit);
  if (queue === 'classic' && !durable) return `queues that are not durable go with ${words}`;
  if (queue === 'classic' && !persistent) return `transient messages go with ${words}`;
  if (!mandatory && (queue === 'classic' || hit.some((fault) => takesAll(fault, cluster)))) {
    return `what is sent while its queue is not there is acknowledged and forgotten, for it is not mandatory: ${words}`;
  }
  if (consumers.redelivery !== undefined && deadLetter === 'at-most-once') {
    return `what failed moves to its next try at most once, and may go with ${words}`;
  }
  if (cluster.attach !== undefined) return undefined;
  const cuts = hit.filter((fault) => takenBy(fault, cluster) === 'unsynced');
  if (what === 'shown' && cuts.length > 0) {
    return `consumers are given what is not synced yet, which goes with ${faultWords(cuts)}`;
  }
  const taking = hit.filter((fault) => takesAll(fault, cluster));
  if (taking.length === 0) return undefined;
  if (queue === 'classic') return `a classic queue is on one node, and gone with ${faultWords(taking)}`;
  if (nodesTaken(taking, nodes) < majority(nodes)) return undefined;
  return `${faultWords(taking)} may take ${majority(nodes)} of ${nodes} copies, which is all that an acknowledgement stands for`;
}

/** The port mapper holds no messages, and those who are connected do without it. */
function brokersHit(faults: readonly FaultPlan[], { attach, nodes }: RabbitmqPlan): FaultPlan[] {
  const all = onBrokers(faults);
  return attach === undefined ? all.filter((fault) => mayHit(fault, brokerNames(nodes))) : all;
}

/** What was confirmed is synced: of a checkpointed node a power cut takes nothing of it. */
function takesAll(fault: FaultPlan, cluster: RabbitmqPlan): boolean {
  return takenBy(fault, cluster) === 'all';
}

function majority(nodes: number): number {
  return Math.floor(nodes / 2) + 1;
}

function nodesTaken(taking: readonly FaultPlan[], nodes: number): number {
  return brokerNames(nodes).filter((id) => taking.some((fault) => aims(fault, id))).length;
}

function promiseOf({ faults }: Undertaking, cluster: RabbitmqPlan): string {
  const hit = brokersHit(faults, cluster);
  if (hit.length === 0) return 'no fault is planned that takes anything from a broker';
  const taking = hit.filter((fault) => takesAll(fault, cluster));
  if (taking.length > 0) return `a majority of the copies of a quorum queue stays with ${faultWords(taking)}`;
  if (hit.some((fault) => takenBy(fault, cluster) === 'unsynced')) {
    return `RabbitMQ confirms what it has synced, so that it was on the disk before ${faultWords(hit)}`;
  }
  return `a durable queue keeps persistent messages: nothing that was written goes with ${faultWords(hit)}`;
}
