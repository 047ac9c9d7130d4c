/**
 * One connection's life as a consumer: messages of each partition are pulled in small requests, and the next request is
 * made when the messages of the last one are done. So nothing waits here while the time to settle it runs out, and a
 * request whose leader dies is noticed by its missing heartbeats within a second. (The client's `consume()` asks for more
 * at receipt, however slow the processing; and by default it waits 30 s for a leader that is gone.)
 */
import type { Consumer, ConsumerInfo, ConsumerMessages, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { noAbort, pause, within } from '../../../wait.ts';
import type { BrokerAccess, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import type { NatsPlan } from '../settings.ts';
import { closeQuietly, connectAny, managerOf } from './connection.ts';
import { HandedBatch } from './handed-batch.ts';
import { durableOf, streamOf } from './names.ts';
import { isGone, partitionsOf, restore } from './streams.ts';

/** Of one pull. The server ends it then, and says so every `heartbeatMs` meanwhile; two that are missing end it here. */
const pullMs = 2_000;
const heartbeatMs = 500;
const pullMessages = 100;
/** Beyond the end that the server has for a pull: the client is stuck. */
const stuckMs = 3_000;
const retryMs = 250;
/** For batches in hand at the end. */
const closeMs = 2_000;

export class Session {
  readonly #access: BrokerAccess;
  readonly #options: ConsumerOptions;
  readonly #handlers: ConsumerHandlers;
  readonly #number: number;
  readonly #ending = new AbortController();

  constructor(access: BrokerAccess, options: ConsumerOptions, handlers: ConsumerHandlers, number: number) {
    this.#access = access;
    this.#options = options;
    this.#handlers = handlers;
    this.#number = number;
  }

  /** Until the connection ends, or everything is to end; resolves with what ended it. Never rejects. */
  async run(joined: () => void, signal: AbortSignal): Promise<unknown> {
    const end = (): void => this.#ending.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    let connection: NatsConnection | undefined;
    let assigned: readonly number[] = [];
    try {
      connection = await connectAny(this.#access, process.pid + this.#number, this.#ending.signal);
      void connection.closed().then(end);
      const manager = await managerOf(connection);
      const partitions = partitionsOf(this.#options.channel);
      const consumers: Consumer[] = [];
      for (const partition of partitions) consumers.push(await this.#find(connection, manager, partition));
      if (this.#ending.signal.aborted) return undefined;
      // Every member has a share of every partition.
      assigned = partitions;
      this.#handlers.assigned(this.#options.channel.partitions === undefined ? [] : partitions);
      joined();
      const pulling = partitions.map((partition, index) =>
        this.#pull(consumers[index] as Consumer, manager, partition),
      );
      await Promise.race([Promise.all(pulling), this.#over()]);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      end();
      signal.removeEventListener('abort', end);
      if (assigned.length > 0) {
        this.#handlers.revoked(this.#options.channel.partitions === undefined ? [] : assigned);
      }
      if (connection !== undefined) await closeQuietly(connection);
    }
  }

  /** A while after the end: batches in hand may still be settled, but are not waited for without end. */
  #over(): Promise<void> {
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      const late = (): void => void pause(closeMs, noAbort).then(resolve);
      if (signal.aborted) late();
      else signal.addEventListener('abort', late, { once: true });
    });
  }

  /** Asked until somebody leads the consumer; what is gone with a disk is made again. */
  async #find(connection: NatsConnection, manager: JetStreamManager, partition: number): Promise<Consumer> {
    const { channel, group } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        const info = await manager.consumers.info(streamOf(channel.name, partition), durableOf(group));
        if (info.cluster === undefined || info.cluster.leader !== undefined) return consumerFrom(connection, info);
      } catch (error) {
        if (isGone(error)) await this.#restore(manager);
        else if (connection.isClosed()) throw error;
      }
      await pause(retryMs, signal);
    }
    throw new Error('the session ends');
  }

  async #restore(manager: JetStreamManager): Promise<void> {
    await restore(manager, this.#options.channel, this.#access.cluster as NatsPlan).catch(() => undefined); // asked again
  }

  async #pull(consumer: Consumer, manager: JetStreamManager, partition: number): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const messages = await consumer
        .fetch({ max_messages: pullMessages, expires: pullMs, idle_heartbeat: heartbeatMs, bind: true })
        .catch(() => undefined);
      try {
        if (messages === undefined) throw new Error('no pull was made');
        await this.#deliverAll(messages, partition);
      } catch {
        // No heartbeat, no leader, or the consumer is gone: in every case it is asked for again, and made if it must be.
        if (signal.aborted) return;
        await pause(retryMs, signal);
        await this.#check(manager, partition);
      } finally {
        messages?.stop();
      }
    }
  }

  async #check(manager: JetStreamManager, partition: number): Promise<void> {
    const { channel, group } = this.#options;
    await manager.consumers.info(streamOf(channel.name, partition), durableOf(group)).catch((error: unknown) => {
      return isGone(error) ? this.#restore(manager) : undefined;
    });
  }

  /** Until the pull has ended. What has come and is not handed over at the end of the session is given back at once. */
  async #deliverAll(messages: ConsumerMessages, partition: number): Promise<void> {
    const { signal } = this.#ending;
    const iterator = messages[Symbol.asyncIterator]();
    const next = (): Promise<IteratorResult<JsMsg>> =>
      within(iterator.next(), { what: 'pull', boundMs: pullMs + stuckMs, signal });
    while (!signal.aborted) {
      const first = await next();
      if (first.done) return;
      const batch = [first.value];
      // what is there already comes without waiting
      while (messages.getPending() > 0) {
        const more = await next();
        if (more.done) break;
        batch.push(more.value);
      }
      if (signal.aborted) {
        for (const message of batch) message.nak();
        return;
      }
      await this.#hand(batch, partition);
    }
  }

  async #hand(messages: readonly JsMsg[], partition: number): Promise<void> {
    const { channel } = this.#options;
    const { confirmedAck, ackWaitMs } = this.#access.cluster as NatsPlan;
    const handed = new HandedBatch(messages, {
      ...(channel.partitions === undefined ? {} : { partition }),
      confirmed: confirmedAck,
      confirmMs: ackWaitMs,
    });
    try {
      await this.#handlers.batch(handed);
    } catch {
      // given back below
    }
    handed.giveBackRest(retryMs);
  }
}

/** Without another request to the API: what the server said just now is what the client wants to know. */
function consumerFrom(connection: NatsConnection, info: ConsumerInfo): Consumer {
  return jetstream(connection).consumers.getConsumerFromInfo(info);
}
