/** One connection's life as a consumer, from the first answer of every partition's leader to the end of the connection. */
import { type Consumer, type ConsumerInfo, type JetStreamManager, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { noAbort, pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import type { NatsPlan } from '../settings.ts';
import { closeQuietly, connectAny, managerOf } from './connection.ts';
import { durableOf, streamOf } from './names.ts';
import { Pulling } from './pulling.ts';
import { isGone, partitionsOf, restore } from './streams.ts';

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
        new Pulling(consumers[index] as Consumer, partition, {
          ...{ access: this.#access, options: this.#options, handlers: this.#handlers, signal: this.#ending.signal },
          check: () => this.#check(manager, partition),
        }).run(),
      );
      await Promise.race([Promise.all(pulling), this.#over(signal)]);
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

  /** A while after the end of the connection: batches in hand are not waited for. Never where the consumer was told to end. */
  #over(told: AbortSignal): Promise<void> {
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      const late = (): void => void pause(closeMs, noAbort).then(() => (told.aborted ? undefined : resolve()));
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

  async #check(manager: JetStreamManager, partition: number): Promise<void> {
    const { channel, group } = this.#options;
    await manager.consumers.info(streamOf(channel.name, partition), durableOf(group)).catch((error: unknown) => {
      return isGone(error) ? this.#restore(manager) : undefined;
    });
  }
}

/** Without another request to the API: what the server said just now is what the client wants to know. */
function consumerFrom(connection: NatsConnection, info: ConsumerInfo): Consumer {
  return jetstream(connection).consumers.getConsumerFromInfo(info);
}
