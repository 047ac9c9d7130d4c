/**
 * One life of a kafkajs consumer: from joining the group to the crash that ends it. Positions move only by what the
 * batch's own `acknowledge` commits; kafkajs's automatic commits are off.
 *
 * A handler that throws gives its batch back: the position stays, and the next fetch delivers it again. kafkajs is not
 * told, because an error of a handler stops all its fetching, of other partitions too.
 */
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { noAbort, pause, within } from '../../../wait.ts';
import type { Batch, BrokerAccess, ConsumerHandlers, ConsumerOptions, IncomingMessage } from '../../driver.ts';
import { type Client, openClient } from './client.ts';

/** For batches in hand, and again for leaving the group. */
const closeMs = 2_000;
const idleCheckMs = 10;
const fetchWaitMs = 100;
/** Doubled with each failure in a row of the partition, up to the longest, or a quarter of the session. */
const redeliveryPauseMs = 100;
const longestRedeliveryPauseMs = 1_000;
/** Batches of as many partitions are processed at the same time. */
const concurrency = 8;

export class GroupSession {
  readonly #access: BrokerAccess;
  readonly #options: ConsumerOptions;
  readonly #handlers: ConsumerHandlers;
  readonly #joined: () => void;
  /** No new batches; those in hand may still be acknowledged. */
  #stopping = false;
  readonly #ended = new AbortController();
  #client: Client | undefined;
  #consumer: Consumer | undefined;
  #assigned: readonly number[] = [];
  /** Counts assignments: what was fetched under an older one may not be committed any more. */
  #generation = 0;
  #processing = 0;
  /** Batches in a row that were given back, by partition. */
  readonly #failures = new Map<number, number>();
  #aliveAtMs = performance.now();

  constructor(access: BrokerAccess, options: ConsumerOptions, handlers: ConsumerHandlers, joined: () => void) {
    this.#access = access;
    this.#options = options;
    this.#handlers = handlers;
    this.#joined = joined;
  }

  /** Resolves with the error that ended it; pending while all is well. Never rejects. */
  async run(): Promise<Error> {
    try {
      const { channel, group, sessionTimeoutMs } = this.#options;
      this.#client = await openClient(this.#access, { requestTimeoutMs: requestTimeoutMs(sessionTimeoutMs) });
      const consumer = this.#client.kafka.consumer({
        groupId: group,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: Math.max(10_000, 3 * sessionTimeoutMs),
        heartbeatInterval: heartbeatMs(sessionTimeoutMs),
        maxWaitTimeInMs: fetchWaitMs,
        allowAutoTopicCreation: false,
        // Patience for a rebalance and a moved coordinator; beyond it a new session is the better start.
        retry: { retries: 5, initialRetryTime: 50, maxRetryTime: 500, restartOnFailure: async () => false },
      });
      this.#consumer = consumer;
      const crashed = this.#listen(consumer);
      await consumer.connect();
      await consumer.subscribe({ topic: channel.name, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch: (payload) => this.#deliver(payload),
      });
      return await crashed;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Time since the last sign of life; 0 while a batch is being processed, however long that takes. */
  silentForMs(): number {
    return this.#processing > 0 ? 0 : performance.now() - this.#aliveAtMs;
  }

  /** Batches in hand are finished and the group is left, if that can be done at once; ends in any case. */
  async close(): Promise<void> {
    this.#stopping = true;
    const endMs = performance.now() + closeMs;
    while (this.#processing > 0 && performance.now() < endMs) await pause(idleCheckMs, noAbort);
    // Before others can get these partitions, so that no two hold one at a time.
    this.#revoke();
    this.#ended.abort();
    if (this.#consumer !== undefined) {
      await within(this.#consumer.disconnect(), { what: 'leave', boundMs: closeMs, signal: noAbort }).catch(
        () => undefined,
      );
    }
    this.#client?.end();
  }

  #listen(consumer: Consumer): Promise<Error> {
    const alive = (): void => {
      this.#aliveAtMs = performance.now();
    };
    consumer.on(consumer.events.FETCH, alive);
    consumer.on(consumer.events.HEARTBEAT, alive);
    consumer.on(consumer.events.REBALANCING, () => {
      alive();
      this.#revoke();
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      alive();
      this.#revoke();
      this.#assign(payload.memberAssignment[this.#options.channel.name] ?? []);
    });
    return new Promise((resolve) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error));
    });
  }

  #assign(partitions: readonly number[]): void {
    if (this.#stopping) return;
    this.#generation += 1;
    this.#failures.clear();
    this.#assigned = [...partitions].sort((a, b) => a - b);
    this.#handlers.assigned(this.#assigned);
    this.#joined();
  }

  /** Eager rebalancing: all partitions are given up at once, before new ones are assigned. */
  #revoke(): void {
    this.#generation += 1;
    if (this.#assigned.length === 0) return;
    const revoked = this.#assigned;
    this.#assigned = [];
    this.#handlers.revoked(revoked);
  }

  async #deliver(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset } = payload;
    const generation = this.#generation;
    if (this.#stopping || !this.#assigned.includes(batch.partition)) return;
    this.#processing += 1;
    try {
      const handed = new HandedBatch(payload, {
        topic: this.#options.channel.name,
        boundMs: Math.max(1_000, this.#options.sessionTimeoutMs),
        signal: this.#ended.signal,
        isCurrent: () => generation === this.#generation,
      });
      await this.#handlers.batch(handed);
      if (!handed.givenBack) {
        resolveOffset(batch.lastOffset());
        this.#failures.delete(batch.partition);
        return;
      }
    } catch {
      // Given back: redelivered by the next fetch, after a pause.
    } finally {
      this.#processing -= 1;
      this.#aliveAtMs = performance.now();
    }
    await this.#backOff(batch.partition);
  }

  /**
   * A handler that keeps failing must not burn a processor; and while no commit succeeds (the coordinator is dead) each
   * redelivery is one more delivery of the same messages. kafkajs sends no heartbeat meanwhile.
   */
  #backOff(partition: number): Promise<void> {
    const failures = this.#failures.get(partition) ?? 0;
    this.#failures.set(partition, failures + 1);
    const longestMs = Math.min(
      longestRedeliveryPauseMs,
      Math.max(redeliveryPauseMs, this.#options.sessionTimeoutMs / 4),
    );
    return pause(Math.min(longestMs, redeliveryPauseMs * 2 ** failures), this.#ended.signal);
  }
}

/** One fetched batch in the hands of a worker. Kafka settles positions: what is settled is everything before one. */
class HandedBatch implements Batch {
  readonly partition: number;
  readonly messages: readonly IncomingMessage[];
  givenBack = false;
  readonly #payload: EachBatchPayload;
  readonly #bounds: Bounds;

  constructor(payload: EachBatchPayload, bounds: Bounds) {
    const { partition, messages } = payload.batch;
    this.partition = partition;
    this.messages = messages.map((message) => incoming(partition, message));
    this.#payload = payload;
    this.#bounds = bounds;
  }

  async settle(messages: readonly IncomingMessage[]): Promise<void> {
    const last = messages.at(-1);
    if (last === undefined) return;
    const { batch, commitOffsetsIfNecessary, resolveOffset } = this.#payload;
    const { topic, boundMs, signal, isCurrent } = this.#bounds;
    const { partition } = this;
    // kafkajs would commit it as a member of the new generation, over what the new owner has done (its #1046).
    if (!isCurrent()) throw new Error(`partition ${partition} was revoked`);
    const whole = last === this.messages.at(-1);
    // of the whole batch the end is known, which may lie behind the last message
    const end = whole ? batch.lastOffset() : String(last.position);
    const offset = (BigInt(end) + 1n).toString();
    const commit = commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
    await within(commit, { what: 'commit', boundMs, signal });
    if (!whole) resolveOffset(end); // the rest is to come again, these are not
  }

  async giveBack(): Promise<void> {
    this.givenBack = true; // the position stays, and the next fetch delivers again what is not settled
  }

  async heartbeat(): Promise<void> {
    const { boundMs, signal } = this.#bounds;
    // A rebalance is no trouble of the batch: kafkajs meets it again after the batch, and joins.
    await within(this.#payload.heartbeat(), { what: 'heartbeat', boundMs, signal }).catch(() => undefined);
  }
}

interface Bounds {
  readonly topic: string;
  readonly boundMs: number;
  readonly signal: AbortSignal;
  /** The partition is still this consumer's. */
  isCurrent(): boolean;
}

function incoming(partition: number, message: KafkaMessage): IncomingMessage {
  const { batchContext } = message as { batchContext?: { partitionLeaderEpoch?: number } };
  const epoch = batchContext?.partitionLeaderEpoch;
  return {
    value: message.value ?? Buffer.alloc(0),
    partition,
    position: Number(message.offset),
    ...(epoch === undefined || epoch < 0 ? {} : { epoch }),
    redelivered: false,
    attempt: 1,
  };
}

/** Often enough for a rebalance to be noticed soon: members learn of one by a heartbeat. */
function heartbeatMs(sessionTimeoutMs: number): number {
  return Math.max(50, Math.min(500, Math.floor(sessionTimeoutMs / 6)));
}

function requestTimeoutMs(sessionTimeoutMs: number): number {
  return Math.min(10_000, Math.max(1_000, sessionTimeoutMs));
}
