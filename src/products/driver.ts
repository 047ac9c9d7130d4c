/**
 * A driver: the part of a product that talks to its brokers, loaded when it is used. How to tell that a node serves,
 * how to send, receive, settle and give back, what its answers mean, how its positions compare, how it proves that a
 * group has settled everything. A driver never judges: it reports what was answered, and the audit says what that means.
 *
 * Every call of a client library has a deadline of ours: libraries have promises that never settle.
 */
import type { Channel } from './channel.ts';
import type { ClusterPlan, Login, NodeAddress, Sasl, Tls } from './cluster.ts';

export interface Driver {
  readonly name: string;
  readonly semantics: Semantics;
  /**
   * Whether a node of ours serves, asked now; undefined: not yet. The evidence goes on record. Needed by products whose
   * layout says `ready: 'driver'`. Never waits longer than 2 s, and never rejects for a node that does not answer.
   */
  serves?(node: NodeAddress, access: BrokerAccess): Promise<Readonly<Record<string, unknown>> | undefined>;
  /**
   * The client id by which the nodes of a cluster take somebody for who runs it, and ask of him neither TLS nor a login; from
   * what is in the folder of one of them. It is a secret. Absent: there is no such thing.
   */
  operatorId?(node: { readonly folder: string }): string;
  /** A connection for the runner: channels, leaders, ends, drain. Rejects with a ToolError of exit code 4. */
  admin(access: BrokerAccess): Promise<Admin>;
  producer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient>;
  consumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient>;
  /** Reads what the broker's log holds, independently of the audited groups. Absent: this product has no such reader. */
  read?(
    access: BrokerAccess,
    options: ReadOptions,
    onMessage: (message: IncomingMessage) => void,
  ): Promise<PartitionRead[]>;
  /** Fills a channel that is there. Absent: this product is not filled. @throws ToolError (exit 4) as `admin` does. */
  loader?(access: BrokerAccess, channel: string): Promise<Loader>;
  /**
   * Reads what the broker itself put into a group's dead letters, once nobody consumes any more. Only of products that
   * redeliver by themselves (`redelivery: 'broker'`).
   */
  readDeadLetters?(
    access: BrokerAccess,
    options: DeadLetterOptions,
    onMessage: (message: IncomingMessage) => void,
  ): Promise<PartitionRead[]>;
}

/** A message as somebody wrote it, and not one of a run. */
export interface LoadedMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** Absent: as the key says, or in turn. */
  readonly partition?: number;
  /** Absent: now. */
  readonly timestampMs?: number;
}

export interface Loader extends AsyncDisposable {
  readonly partitions: number;
  /** Nothing was ever stored in it. */
  readonly isEmpty: boolean;
  /** Resolves when all are acknowledged, each once. @throws ToolError `not-loaded` (exit 4). */
  send(messages: readonly LoadedMessage[]): Promise<void>;
}

export interface Semantics {
  /** `partition`: positions order the messages of one partition within one epoch. `none`: there are none to compare. */
  readonly positions: 'partition' | 'none';
  /** Whether a consumer settles each message by itself, or a position up to which everything counts as consumed. */
  readonly settles: 'position' | 'message';
  /** `drained()` proves nothing sooner than this after the last delivery, in ms. */
  readonly drainedMinimumWaitMs: number;
}

/** How to reach a broker. Secrets are in here in the clear: it goes to workers by IPC, never to disk or argv. */
export interface BrokerAccess {
  /** Where clients connect, `host:port` each. */
  readonly bootstrap: readonly string[];
  /** All nodes that have an address, those that no client talks to included; of an attached cluster what is known. */
  readonly nodes: readonly NodeAddress[];
  /** The cluster's part of the plan: what the product's own keys say. */
  readonly cluster: ClusterPlan;
  readonly clientId: string;
  readonly tls?: Tls;
  readonly sasl?: Sasl;
  readonly login?: Login;
}

/**
 * Where to connect in place of an address that a broker has told its clients: past a link, for whoever knows what the
 * nodes advertise. A worker under attack does not, and gets the address as it is.
 * @param address IPv6 without brackets.
 */
export function pastLink({ nodes }: Pick<BrokerAccess, 'nodes'>, address: string): string {
  return nodes.find(({ advertised }) => advertised?.replace(/[[\]]/g, '') === address)?.address ?? address;
}

export interface Admin extends AsyncDisposable {
  /**
   * Makes a channel with everything that its groups need to be given every message sent from now on. Resolves when it can
   * be produced to. @throws ToolError (exit 4), with the code `channel-exists` when one of that name is there already.
   */
  declare(channel: Channel, signal: AbortSignal): Promise<void>;
  /** Removes a channel by its name, whatever it was declared with; one that is not there is no error. */
  remove(channel: string, signal: AbortSignal): Promise<void>;
  /** Removes groups of ours and what they committed or still hold; a group that does not exist is no error. */
  removeGroups(groups: readonly string[], signal: AbortSignal): Promise<void>;
  /** Which node leads each partition now, by the address that clients are told; empty where the product has no leaders. */
  leaders(channel: string, signal: AbortSignal): Promise<readonly Leader[]>;
  /**
   * Copies that lack what their leader has, in the words of a report (`partition 3`, `replica r1`); empty when there are
   * none, or the cluster keeps one copy. Rejects when nobody can say.
   */
  lagging(channel: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Whether a group has settled everything that the broker holds of a channel, in this system's own terms, asked now.
   * Never throws for a broker that does not answer: that is `proven: false` with the reason.
   */
  drained(channel: string, group: string, signal: AbortSignal): Promise<DrainAnswer>;
  /** Names of all channels that the broker has. Absent: the product does not list them. */
  channels?(signal: AbortSignal): Promise<readonly string[]>;
  /** Broker software and version as it reports itself, for the record. */
  version(signal: AbortSignal): Promise<string>;
}

export interface Leader {
  readonly partition: number;
  readonly address: string;
}

export interface DrainAnswer {
  readonly proven: boolean;
  /** The proof or what is missing: `committed = end in 8 of 8 partitions`, `partition 3: 120 of 512`. */
  readonly proof: string;
  /** How many messages the broker still counts for the group, where it says so. For whoever watches: it proves nothing. */
  readonly left?: number;
}

export interface ProducerOptions {
  readonly channel: Channel;
  /** `all`: every in-sync replica; `one`: the leader. Oneway sends ask for no acknowledgement at all. */
  readonly acks: 'all' | 'one';
  readonly oneway: boolean;
  /** The broker's own duplicate suppression within one producer session, where the product offers it. */
  readonly idempotent: boolean;
  /** Deadline of one attempt, in ms; a driver whose idempotent client queues its sends may take a multiple (kafkajs: 4). */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface OutgoingMessage {
  readonly producer: number;
  readonly seq: number;
  readonly attempt: number;
  /** Absent where the channel has no partitions. */
  readonly partition?: number;
  /** The whole envelope: identity, checksums and body. */
  readonly value: Buffer;
}

/**
 * `rejected` only with proof that the message has no effect: no byte of this attempt was written to a socket, or an
 * answer of the broker that is known to mean "not stored". Everything else that is not an answer is `unknown`.
 * `reason` is a short stable name (`NOT_LEADER_OR_FOLLOWER`, `FLUSH_DISK_TIMEOUT`, `deadline`, `not-written`), never
 * free text.
 */
export type SendResult =
  | { readonly outcome: 'acked'; readonly partition?: number; readonly position?: number; readonly epoch?: number }
  | { readonly outcome: 'degraded'; readonly partition?: number; readonly position?: number; readonly reason: string }
  | { readonly outcome: 'rejected' | 'unknown'; readonly reason: string }
  | { readonly outcome: 'sent' };

export interface ProducerClient extends AsyncDisposable {
  /** One attempt, never retried inside. Always settles within the deadline; never rejects for a broker's trouble. */
  send(message: OutgoingMessage): Promise<SendResult>;
  /** The broker chooses the partition of each message, whatever the message says, and does not tell which it is. */
  readonly placedByBroker?: true;
  /** Broker (an opaque name) that takes sends for each partition, as last known; empty without partitions. */
  routes(): readonly string[];
}

export interface ConsumerOptions {
  readonly channel: Channel;
  readonly group: string;
  readonly sessionTimeoutMs: number;
  /** The broker counts a message as settled when it sends it (`commit: before`), where the product has such a mode. */
  readonly settleOnDelivery: boolean;
  readonly signal: AbortSignal;
}

export interface IncomingMessage {
  readonly value: Buffer;
  /** Absent where the channel has no partitions. */
  readonly partition?: number;
  readonly position?: number;
  readonly epoch?: number;
  /** What stands beside the value, where the product has such; told by independent readers alone. */
  readonly key?: Buffer;
  readonly headers?: Readonly<Record<string, Buffer>>;
  /** The broker's own flag; false where it has none. */
  readonly redelivered: boolean;
  /** The broker's delivery count, from 1; 1 where it has none. */
  readonly attempt: number;
}

/** Messages that came together, of one partition where there are partitions, in the broker's order. */
export interface Batch {
  readonly partition?: number;
  readonly messages: readonly IncomingMessage[];
  /** The broker counts them as settled since it has sent them: they are handed over even to a consumer that ends. */
  readonly settled?: true;
  /**
   * Settles messages of this batch: they are consumed. Resolves when the broker confirmed all of them; rejects when that is
   * not known of one. Where the product settles positions, they must be the next ones in order.
   */
  settle(messages: readonly IncomingMessage[]): Promise<void>;
  /**
   * Gives messages back, to come again after the time at the earliest, or to become dead letters if the broker counts and
   * this was the last try. Where the product settles positions: everything that is not settled, whatever is named.
   */
  giveBack(messages: readonly IncomingMessage[], afterMs: number): Promise<void>;
  /** Keeps the session alive, and the messages ours, while processing is slow. */
  heartbeat(): Promise<void>;
}

export interface ConsumerHandlers {
  /** Called for one batch at a time per partition. Throwing gives back what was neither settled nor given back. */
  batch(batch: Batch): Promise<void>;
  /** The group gave this consumer something: partitions, or (an empty list) a share of what has none. */
  assigned(partitions: readonly number[]): void;
  revoked(partitions: readonly number[]): void;
  /** The client gave up; the worker fails. Transient trouble is the driver's to outlast. */
  failed(error: Error): void;
}

/**
 * Told to end, by its disposal or by the signal of its options, it asks for no more messages, hands over what the broker has
 * counted as delivered to it or gives that back uncounted, and waits for the batches in hand.
 */
export interface ConsumerClient extends AsyncDisposable {
  /** Joins the group and delivers until disposed. Resolves once it is consuming. */
  start(handlers: ConsumerHandlers): Promise<void>;
}

export interface ReadOptions {
  readonly channel: Channel;
  /** A name for whatever the client needs on the broker (a throw-away group); ours, removed afterwards by the runner. */
  readonly group: string;
  readonly signal: AbortSignal;
}

export interface DeadLetterOptions {
  readonly channel: Channel;
  /** The audited group whose dead letters they are. */
  readonly group: string;
  readonly signal: AbortSignal;
}

/** What the independent reader did with one partition: it went through [from, to). */
export interface PartitionRead {
  /** Absent where the channel has no partitions. */
  readonly partition?: number;
  readonly from: number;
  readonly to: number;
  /** Everything from the first position to the end, and the end was the same when asked again. */
  readonly complete: boolean;
  readonly reason?: string;
}
