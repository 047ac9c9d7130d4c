/**
 * Sends by JetStream publish, or, where nobody waits for an answer, by a plain publish of core NATS. An attempt is one
 * publish and never repeated here. While there is no connection nothing is handed to the client, and so nothing of the
 * attempt can be written later (see connection.ts): that is the proof of `rejected`.
 */
import { JetStreamApiError, type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, OutgoingMessage, ProducerClient, ProducerOptions, SendResult } from '../../driver.ts';
import { headroomBytes } from '../headroom.ts';
import type { NatsPlan } from '../settings.ts';
import { Line, managerOf } from './connection.ts';
import { outcomeOf, outcomeOfAck } from './errors.ts';
import { Leadership } from './leadership.ts';
import { messageId, streamOf } from './names.ts';
import { apiCode, apiCodes, partitionsOf, restore } from './streams.ts';

const firstConnectMs = 5_000;
const lookMs = 500;

export async function openProducer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient> {
  const producer = new NatsProducer(access, options);
  await producer.open();
  return producer;
}

class NatsProducer implements ProducerClient {
  readonly #access: BrokerAccess;
  readonly #options: ProducerOptions;
  readonly #line: Line;
  readonly #leadership: Leadership;
  #client: { readonly of: NatsConnection; readonly js: JetStreamClient } | undefined;
  #routes: readonly string[] = [];
  #looking: Promise<void> | undefined;

  constructor(access: BrokerAccess, options: ProducerOptions) {
    this.#access = access;
    this.#options = options;
    this.#line = new Line(access, options.signal);
    this.#leadership = new Leadership(access);
  }

  /** Servers that are down are no error here: a worker that starts in an outage has to outlast it. */
  async open(): Promise<void> {
    const connection = await this.#line.connected(firstConnectMs, this.#options.signal);
    if (connection !== undefined) await this.#look(false);
  }

  routes(): readonly string[] {
    return this.#routes;
  }

  async send(message: OutgoingMessage): Promise<SendResult> {
    const endMs = performance.now() + this.#options.timeoutMs;
    // as an application would: an attempt waits for a connection as long as its time lasts
    const connection = this.#line.now ?? (await this.#line.connected(this.#options.timeoutMs, this.#options.signal));
    if (connection === undefined) return { outcome: 'rejected', reason: 'not-connected' };
    const { value, partition = 0 } = message;
    const longest = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (value.length + headroomBytes > longest) return { outcome: 'rejected', reason: 'too-large-not-written' };
    const subject = streamOf(this.#options.channel.name, partition);
    if (this.#options.oneway) {
      connection.publish(subject, value);
      return { outcome: 'sent' };
    }
    const leftMs = Math.max(1, endMs - performance.now());
    const result = await this.#publish(connection, subject, message, leftMs);
    if (result.outcome !== 'acked') this.#lookSoon();
    return result.outcome === 'acked' && message.partition !== undefined ? { ...result, partition } : result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line[Symbol.asyncDispose]();
    await this.#looking;
  }

  #publish(
    connection: NatsConnection,
    subject: string,
    message: OutgoingMessage,
    timeoutMs: number,
  ): Promise<SendResult> {
    const { idempotent } = this.#options;
    const sent = this.#js(connection).publish(subject, message.value, {
      timeout: timeoutMs + lateMs,
      ...(idempotent ? { msgID: messageId(message) } : {}),
    });
    return new Promise((resolve) => {
      const end = (result: SendResult): void => {
        clearTimeout(timer);
        resolve(result);
      };
      // An answer may be waiting in the socket, if it was this process that slept: let it be read first.
      const expire = (): void => void setImmediate(() => end({ outcome: 'unknown', reason: 'deadline' }));
      const timer = setTimeout(expire, timeoutMs);
      sent.then(
        (answer) => end(outcomeOfAck(answer, subject)),
        (error: unknown) => end(failed(error)),
      );
    });
  }

  #js(connection: NatsConnection): JetStreamClient {
    if (this.#client?.of !== connection) this.#client = { of: connection, js: jetstream(connection) };
    return this.#client.js;
  }

  #lookSoon(): void {
    this.#looking ??= pause(lookMs, this.#line.signal)
      .then(() => this.#look(true))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  /** Who leads now; a channel that is gone with a disk is made again. Trouble is the next look's. */
  async #look(mend: boolean): Promise<void> {
    const connection = this.#line.now;
    if (connection === undefined) return;
    const { channel } = this.#options;
    try {
      const manager = await managerOf(connection);
      const leaders = await this.#leadership.of(manager, channel.name, partitionsOf(channel));
      this.#routes = leaders.map(({ address }) => address);
    } catch (error) {
      if (!mend || apiCode(error) !== apiCodes.streamNotFound) return;
      await restore(await managerOf(connection), channel, this.#access.cluster as NatsPlan).catch(() => undefined);
    }
  }
}

/** The client's own time is longer than ours, so that it is ours that ends an attempt. */
const lateMs = 1_000;

function failed(error: unknown): SendResult {
  if (error instanceof JetStreamApiError) return outcomeOf(error.code ?? 0, error.message);
  if (hasNoResponders(error)) return outcomeOf('no-responders');
  return { outcome: 'unknown', reason: 'no-answer' };
}

/** The client turns this status into an error of its own and keeps what it was as the cause. */
function hasNoResponders(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as { isNoResponders?: () => boolean }).isNoResponders?.() === true) return true;
    if (cause.name === 'NoRespondersError') return true;
  }
  return false;
}
