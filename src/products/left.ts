/**
 * What the nodes of each product leave in the run's folder that tells of a message. Read when somebody asks for its story; no
 * broker is asked. Beside the registry, because the registry loads every product with its settings: that takes as long as
 * the whole story. A product that is not here prints its log, and its files tell no more.
 */
import type { ClusterPlan } from './cluster.ts';

/** A message that was acknowledged at a place, where the log does not hold it any more. Times as in the journals. */
export interface LossRequest {
  /** Folder of the run's nodes. */
  readonly nodes: string;
  readonly cluster: ClusterPlan;
  readonly topic: string;
  readonly partition: number;
  readonly position: number;
  readonly ackedNs: number;
  readonly faults: readonly RecordedFault[];
}

/** A fault as the runner recorded it. */
export interface RecordedFault {
  readonly id: string;
  readonly injectingNs?: number;
  readonly injectedNs?: number;
  readonly evidence: readonly Readonly<Record<string, unknown>>[];
}

/** A power cut that dropped it. Positions are of the message's partition; null: not known, -1: before its first. */
export interface PowerCutLoss {
  readonly fault: string;
  readonly node: string;
  readonly cutAtNs: number;
  /** The last position that the node had synced. */
  readonly flushedTo: number | null;
  /** The last that it had after the cut: more than was synced where a write was torn. */
  readonly keptTo: number;
  readonly droppedBytes: number;
  /**
   * The other nodes that had copies of the log, each with the last position that it had when the node came back; absent:
   * nobody recorded it.
   */
  readonly replicas?: readonly { readonly node: string; readonly to: number | null }[];
  /** Files below the folder of the nodes that show it, beside the fault's evidence. */
  readonly files: readonly string[];
}

export type FindLoss = (request: LossRequest) => PowerCutLoss | undefined;

export interface Left {
  /** Folders of a node in which it logs, beside what it prints: each file in them whose name ends in `.log`. */
  readonly logs: readonly string[];
  /** How an acknowledged message got lost. Absent: the files of its nodes are not known to tell. */
  loss?(): Promise<FindLoss>;
}

export const left: Readonly<Record<string, Left>> = {
  bundled: { logs: [], loss: async () => (await import('./bundled/loss.ts')).findLoss },
  kafka: { logs: ['logs'] },
  rocketmq: { logs: ['logs/rocketmqlogs'] },
  rabbitmq: { logs: ['log'] },
};
