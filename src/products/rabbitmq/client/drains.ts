/**
 * Whether a group has settled everything: its queue, and the one where what failed waits, hold nothing, ready or not.
 * A message that moves from one to the other may be in neither when each is asked; so nothing is proven before two
 * answers in a row were zero, some time apart.
 */
import type { BrokerAccess, DrainAnswer } from '../../driver.ts';
import type { RabbitmqPlan } from '../settings.ts';
import { askManagement, staleMs } from './management.ts';
import { askCounts, type QueueCounts } from './operator.ts';
import { waitQueue } from './topology.ts';

/** What moves has arrived by then. */
const apartMs = 1_000;

export class Drains {
  readonly #access: BrokerAccess;
  readonly #plan: RabbitmqPlan;
  /** Since when nothing but zeros was answered, by group. */
  readonly #emptySinceMs = new Map<string, number>();

  constructor(access: BrokerAccess) {
    this.#access = access;
    this.#plan = access.cluster as RabbitmqPlan;
  }

  /** @throws Error when nobody can say. */
  async ask(group: string, signal: AbortSignal): Promise<DrainAnswer> {
    const askedAtMs = performance.now();
    const counts = await this.#counts(group, signal).catch((error: unknown) => {
      this.#emptySinceMs.delete(group);
      throw error;
    });
    if (!counts.has(group)) {
      this.#emptySinceMs.delete(group);
      return { proven: false, proof: `there is no queue ${group}` };
    }
    const sum = (of: (count: QueueCounts) => number): number =>
      [...counts.values()].reduce((total, count) => total + of(count), 0);
    const [ready, unsettled, leaving] = [sum((c) => c.ready), sum((c) => c.unsettled), sum((c) => c.leaving)];
    const proof = `${[...counts.keys()].join(' and ')}: ${ready} ready, ${unsettled} unsettled${leaving === 0 ? '' : `, ${leaving} leaving`}`;
    const remaining = ready + unsettled + leaving;
    if (remaining > 0) {
      this.#emptySinceMs.delete(group);
      return { proven: false, proof, left: remaining };
    }
    const sinceMs = this.#emptySinceMs.get(group);
    if (sinceMs === undefined) this.#emptySinceMs.set(group, performance.now());
    const neededMs = this.#plan.attach === undefined ? apartMs : staleMs;
    if (sinceMs === undefined || askedAtMs - sinceMs < neededMs) {
      return { proven: false, proof: `${proof}, to be asked again`, left: remaining };
    }
    return { proven: true, proof: `${proof}, in two answers ${neededMs / 1000} s apart`, left: remaining };
  }

  async #counts(group: string, signal: AbortSignal): Promise<ReadonlyMap<string, QueueCounts>> {
    const queues = [group, waitQueue(group)];
    const { attach, management, vhost = '/' } = this.#plan;
    if (attach === undefined) return askCounts(this.#access.nodes, vhost, queues, signal);
    if (management === undefined) {
      throw new Error(
        'AMQP does not tell what is unsettled: give cluster.management, the address of the management plugin',
      );
    }
    const counts = new Map<string, QueueCounts>();
    for (const queue of queues) {
      const found = await askManagement(management, this.#access.login, vhost, queue, signal);
      if (found !== undefined) counts.set(queue, { ready: found.ready, unsettled: found.unsettled, leaving: 0 });
    }
    return counts;
  }
}
