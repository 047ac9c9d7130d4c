/**
 * The plan: a profile with every choice made. Same profile and seed give the same bytes. A run follows it and nothing
 * else; `mqchaos run --plan plan.json` repeats it. Secrets are never in it: only the names of the environment
 * variables that hold them.
 */
import type { Expectation } from '../audit/class.ts';

export const planVersion = 1;

export interface Plan {
  readonly version: typeof planVersion;
  readonly seed: number;
  readonly name: string;
  readonly question: string;
  readonly cluster: ClusterPlan;
  readonly topic: { readonly partitions: number; readonly replication?: number };
  readonly producers: ProducersPlan;
  readonly consumers: ConsumersPlan;
  readonly faults: readonly FaultPlan[];
  readonly expect: Expectation;
  /** Bound of the whole run, in ms; beyond it the run is inconclusive. */
  readonly limitMs: number;
}

export type ClusterPlan =
  | { readonly broker: 'bundled'; readonly masters: number }
  | {
      readonly broker: 'kafka';
      readonly attach: readonly string[];
      /** Nodes that faults may act on, and how; empty when the profile gives no way. */
      readonly control: readonly NodeControl[];
      readonly tls?: {
        readonly ca?: string;
        readonly cert?: string;
        readonly key?: string;
        readonly servername?: string;
      };
      readonly sasl?: {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      };
      /** The user has said that this cluster may be broken although it is not on this machine. */
      readonly allowRemote?: true;
    };

/** A way to a process that is not ours. Commands run in a shell of the user's; `pidFile` allows signals. */
export interface NodeControl {
  readonly id: string;
  readonly address: string;
  readonly pidFile?: string;
  readonly kill?: string;
  readonly stop?: string;
  readonly start?: string;
}

export interface ProducersPlan {
  readonly count: number;
  readonly send: 'sync' | 'async' | 'oneway';
  /** Sends in flight per producer: 1 when `send` is sync. */
  readonly window: number;
  readonly acks: 'all' | 'one';
  readonly idempotent: boolean;
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly retryAnotherBroker: boolean;
  readonly timeoutMs: number;
  readonly messages: number;
  /** Messages a second over all producers; absent: as fast as they go. */
  readonly ratePerSecond?: number;
  readonly payloadBytes: number;
}

export interface ConsumersPlan {
  /** Consumers in each group. */
  readonly count: number;
  readonly groups: number;
  readonly start: Trigger | { readonly type: 'at once' } | { readonly type: 'after faults' };
  readonly sessionTimeoutMs: number;
}

export interface FaultPlan {
  /** `f1`, `f2` … in the profile's order; repetitions of one entry are `f2.1`, `f2.2` …. */
  readonly id: string;
  readonly do: string;
  readonly target: TargetPlan;
  /** The target as the profile has it (`one`, `leader of 3`), for people. */
  readonly asked?: string;
  readonly trigger: Trigger;
  /** Healed this long after it was injected; absent: the fault heals itself (restart) or at the end of sending. */
  readonly forMs?: number;
  /** A repetition (`every`): due only while messages are still being sent, so that missing it is no failure. */
  readonly repetition?: true;
}

/**
 * Resolved where a plan can: random choices are made here. `leader` is looked up when the fault fires.
 * Nodes by id (`b1`), workers by name (`p1`, `c2`).
 */
export type TargetPlan =
  | { readonly type: 'nodes'; readonly nodes: readonly string[] }
  | { readonly type: 'leader'; readonly partition: number }
  | { readonly type: 'workers'; readonly workers: readonly string[] };

/** When. Progress counts first attempts against all messages; acked counts acknowledged messages. */
export type Trigger =
  | { readonly type: 'progress'; readonly fraction: number }
  | { readonly type: 'acked'; readonly messages: number }
  | { readonly type: 'time'; readonly afterMs: number };
