/**
 * What a driver is: all that mqchaos knows about one broker product. How to run it here, how to talk to it, what its
 * answers mean, how its positions compare, how it proves that a group has read everything. A driver never
 * judges: it reports what was answered, and the audit says what that means.
 *
 * Written against six systems (see the table in ARCHITECTURE.md), so nothing here may assume Kafka: positions may be
 * missing (RabbitMQ), an acknowledgement may be degraded (RocketMQ's four send statuses, Kafka's
 * NOT_ENOUGH_REPLICAS_AFTER_APPEND), lag 0 may prove nothing (RocketMQ's POP consumers commit at receive).
 */
import type { NodeSpec } from '../cluster/node-spec.ts';

export interface Driver {
  readonly name: string;
  readonly semantics: Semantics;
  /** How to run this broker here. Absent: the driver only attaches to brokers that are there. */
  layout?(request: LayoutRequest): NodeSpec[];
  /** A connection for the runner: topics, leaders, ends, drain. Rejects with a ToolError of exit code 4. */
  admin(access: BrokerAccess): Promise<Admin>;
  producer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient>;
  consumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient>;
  /** Reads what the broker's log holds, independently of the audited groups. Absent: this broker has no such reader. */
  read?(
    access: BrokerAccess,
    options: ReadOptions,
    onMessage: (message: IncomingMessage) => void,
  ): Promise<PartitionRead[]>;
}

export interface Semantics {
  /** `partition`: positions order the messages of one partition within one epoch. `none`: there are none to compare. */
  readonly positions: 'partition' | 'none';
  /** `drained()` proves nothing sooner than this after the last delivery. */
  readonly drainedMinimumWaitMs: number;
}

/** How to reach a broker. Secrets are in here in the clear: it goes to workers by IPC, never to disk or argv. */
export interface BrokerAccess {
  readonly bootstrap: readonly string[];
  readonly clientId: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
}

/** What a profile says of brokers that are started for it. Each set is a master and its slaves. */
export interface BrokerSettings {
  readonly masters: number;
  /** Of each master. */
  readonly slaves: number;
  readonly flush: 'async' | 'sync';
  readonly flushIntervalMs: number;
  readonly thoroughFlushIntervalMs: number;
  readonly replication: 'async' | 'sync';
  readonly failover: 'none' | 'in-sync' | 'unclean';
  /** Copies, the leader included, below which a write is refused. */
  readonly inSyncReplicas: number;
  /** Ways in which the brokers are to lie. */
  readonly defects: readonly string[];
}

export interface LayoutRequest {
  readonly settings: BrokerSettings;
  /** Folder of the run's nodes; each node gets its own below it. */
  readonly folder: string;
  /** A free port of the host, each call another. */
  readonly port: () => number;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** Copies of each partition, where the broker is told so when a topic is made. */
  readonly replication?: number;
}

export interface Admin extends AsyncDisposable {
  /** Resolves when the topic can be produced to. */
  createTopic(spec: TopicSpec, signal: AbortSignal): Promise<void>;
  deleteTopic(topic: string, signal: AbortSignal): Promise<void>;
  /** Removes groups of ours and what they committed; a group that does not exist is no error. */
  deleteGroups(groups: readonly string[], signal: AbortSignal): Promise<void>;
  /** Which broker leads each partition now, as `host:port`; empty where the product has no leaders. */
  leaders(topic: string, signal: AbortSignal): Promise<readonly { partition: number; address: string }[]>;
  /** Partitions of which a copy is behind its leader, as the cluster itself says; empty where it keeps one copy. */
  outOfSync(topic: string, signal: AbortSignal): Promise<readonly number[]>;
  /**
   * Whether a group has settled everything that the broker holds of a topic, in this system's own terms, asked now.
   * Never throws for a broker that does not answer: that is `proven: false` with the reason.
   */
  drained(topic: string, group: string, signal: AbortSignal): Promise<DrainAnswer>;
  /** Broker software and version as it reports itself, for the record. */
  version(signal: AbortSignal): Promise<string>;
}

export interface DrainAnswer {
  readonly proven: boolean;
  /** The proof or what is missing: `committed = end in 8 of 8 partitions`, `partition 3: 120 of 512`. */
  readonly proof: string;
}

export interface ProducerOptions {
  readonly topic: string;
  /** `all`: every in-sync replica; `one`: the leader. Oneway sends ask for no acknowledgement at all. */
  readonly acks: 'all' | 'one';
  readonly oneway: boolean;
  /** The broker's own duplicate suppression within one producer session, where the client offers it. */
  readonly idempotent: boolean;
  /** Deadline of one attempt, in ms; a driver whose idempotent client queues its sends may take a multiple (kafkajs: 4). */
  readonly timeoutMs: number;
  /** Ends the client's waits for the broker: the worker is to end. */
  readonly signal: AbortSignal;
}

export interface OutgoingMessage {
  readonly producer: number;
  readonly seq: number;
  readonly attempt: number;
  readonly partition: number;
  /** The whole envelope: identity, checksums and body. */
  readonly value: Buffer;
}

/**
 * `rejected` only with proof that the message has no effect: no byte of this attempt was written to a socket, or an
 * answer of the broker that is known to mean "not appended". Everything else that is not an answer is `unknown`.
 * `reason` is a short stable name (`NOT_LEADER_OR_FOLLOWER`, `deadline`, `not-written`), never free text.
 */
export type SendResult =
  | { readonly outcome: 'acked'; readonly partition: number; readonly position?: number; readonly epoch?: number }
  | { readonly outcome: 'degraded'; readonly partition: number; readonly position?: number; readonly reason: string }
  | { readonly outcome: 'rejected' | 'unknown'; readonly reason: string }
  | { readonly outcome: 'sent' };

export interface ProducerClient extends AsyncDisposable {
  /** One attempt, never retried inside. Always settles within the deadline; never rejects for a broker's trouble. */
  send(message: OutgoingMessage): Promise<SendResult>;
  /** Broker (an opaque name) that takes sends for each partition, as last known; index = partition. */
  routes(): readonly string[];
}

export interface ConsumerOptions {
  readonly topic: string;
  readonly group: string;
  readonly sessionTimeoutMs: number;
  readonly signal: AbortSignal;
}

export interface IncomingMessage {
  readonly value: Buffer;
  readonly partition: number;
  readonly position?: number;
  readonly epoch?: number;
  /** The broker's own flag; false where it has none. */
  readonly redelivered: boolean;
  /** The broker's delivery count, from 1; 1 where it has none. */
  readonly attempt: number;
}

/** Messages of one partition, in the broker's order. */
export interface Batch {
  readonly partition: number;
  readonly messages: readonly IncomingMessage[];
  /**
   * Settles the batch, or its first `count` messages: what is given back afterwards begins behind them. Resolves when the
   * broker confirmed it; rejects when that is not known.
   */
  acknowledge(count?: number): Promise<void>;
  /** Keeps the session alive while processing is slow. */
  heartbeat(): Promise<void>;
}

export interface ConsumerHandlers {
  /** Called for one batch at a time per partition. Throwing gives the batch back to the broker for redelivery. */
  batch(batch: Batch): Promise<void>;
  assigned(partitions: readonly number[]): void;
  revoked(partitions: readonly number[]): void;
  /** The client gave up; the worker fails. Transient trouble is the driver's to outlast. */
  failed(error: Error): void;
}

export interface ConsumerClient extends AsyncDisposable {
  /** Joins the group and delivers until disposed. Resolves once it is consuming. */
  start(handlers: ConsumerHandlers): Promise<void>;
}

export interface ReadOptions {
  readonly topic: string;
  /** A name for whatever the client needs on the broker (a throw-away group); ours, removed afterwards by the runner. */
  readonly group: string;
  readonly signal: AbortSignal;
}

/** What the independent reader did with one partition: it went through [from, to). */
export interface PartitionRead {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** Everything from the first position to the end, and the end was the same when asked again. */
  readonly complete: boolean;
  readonly reason?: string;
}
