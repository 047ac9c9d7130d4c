/** How a run stands at this moment, for whoever watches it: nothing is counted here, only kept as it was told. */
import type { NodeState } from '../journal/event.ts';
import type { Plan } from '../plan/plan.ts';
import { nodesOf } from '../products/registry.ts';
import { type Counters, noCounters } from '../workers/config.ts';
import type { WorkerState } from './workers/worker-life.ts';
import type { Workload } from './workers/workload.ts';

export interface RunView {
  /** Since sending began; 0 before. */
  readonly elapsedMs: number;
  /** Messages of the plan. */
  readonly messages: number;
  /** Sums over all workers, as they last told. */
  readonly counters: Counters;
  /** `waiting`: not started yet. `attached`: it was there before, and nothing was done to it. */
  readonly nodes: readonly { readonly id: string; readonly state: NodeView }[];
  readonly workers: readonly WorkerView[];
  /** Messages that the broker counted for all groups when the drain last asked; absent: it has not, or was not told. */
  readonly left?: number;
}

export type NodeView = NodeState | 'waiting' | 'attached';

export interface WorkerView {
  readonly id: string;
  readonly role: 'producer' | 'consumer' | 'reader';
  readonly state: WorkerState;
  readonly counters: Counters;
}

/** Before anything is known. */
export function emptyView(messages: number): RunView {
  return { elapsedMs: 0, messages, counters: noCounters, nodes: [], workers: [] };
}

export class Watch {
  readonly #messages: number;
  readonly #nodes: Map<string, NodeView>;
  readonly #left = new Map<number, number>();
  #workload: Workload | undefined;

  constructor({ cluster, producers }: Plan) {
    this.#messages = producers.messages;
    this.#nodes = new Map(
      nodesOf(cluster).map(({ id }) => [id, cluster.attach === undefined ? 'waiting' : 'attached']),
    );
  }

  saw(node: string, state: NodeState): void {
    this.#nodes.set(node, state);
  }

  left(group: number, messages: number): void {
    this.#left.set(group, messages);
  }

  at(workload: Workload): void {
    this.#workload = workload;
  }

  view(): RunView {
    const workload = this.#workload;
    const left = [...this.#left.values()].reduce((sum, count) => sum + count, 0);
    return {
      elapsedMs: workload?.elapsedMs ?? 0,
      messages: this.#messages,
      counters: workload?.counters ?? noCounters,
      nodes: [...this.#nodes].map(([id, state]) => ({ id, state })),
      workers: (workload?.workers ?? []).map(({ id, role, state, counters }) => ({ id, role, state, counters })),
      ...(this.#left.size === 0 ? {} : { left }),
    };
  }
}
