/**
 * Messages of one partition are pulled in small requests, and the next request is made when the messages of the last one
 * are done. So nothing waits here while the time to settle it runs out, and a request whose leader dies is noticed by its
 * missing heartbeats within a second. (The client's `consume()` asks for more at receipt, however slow the processing; and
 * by default it waits 30 s for a leader that is gone.)
 */
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { noAbort, pause, within } from '../../../wait.ts';
import type { BrokerAccess, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import type { NatsPlan } from '../settings.ts';
import { HandedBatch } from './handed-batch.ts';

/** Of one pull. The server ends it then, and says so every `heartbeatMs` meanwhile; two that are missing end it here. */
const pullMs = 2_000;
const heartbeatMs = 500;
const pullMessages = 100;
/** Beyond the end that the server has for a pull: the client is stuck. */
const stuckMs = 3_000;
const retryMs = 250;

export interface PullingParts {
  readonly access: BrokerAccess;
  readonly options: ConsumerOptions;
  readonly handlers: ConsumerHandlers;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  /** Asks whether the consumer is there, and makes it if it is not. */
  check(): Promise<void>;
}

export class Pulling {
  readonly #consumer: Consumer;
  readonly #partition: number;
  readonly #parts: PullingParts;

  constructor(consumer: Consumer, partition: number, parts: PullingParts) {
    this.#consumer = consumer;
    this.#partition = partition;
    this.#parts = parts;
  }

  /** Until the session ends. */
  async run(): Promise<void> {
    const { signal } = this.#parts;
    while (!signal.aborted) {
      const messages = await this.#consumer
        .fetch({ max_messages: pullMessages, expires: pullMs, idle_heartbeat: heartbeatMs, bind: true })
        .catch(() => undefined);
      const leave = (): void => messages?.stop();
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
      try {
        if (messages === undefined) throw new Error('no pull was made');
        await this.#deliverAll(messages);
      } catch {
        // No heartbeat, no leader, or the consumer is gone: in every case it is asked for again, and made if it must be.
        if (signal.aborted) return;
        await pause(retryMs, signal);
        await this.#parts.check();
      } finally {
        signal.removeEventListener('abort', leave);
        messages?.stop();
      }
    }
  }

  /**
   * Until the pull has ended. Told to end, it is stopped, and what has come is handed over all the same: to the server each
   * was a delivery.
   */
  async #deliverAll(messages: ConsumerMessages): Promise<void> {
    const iterator = messages[Symbol.asyncIterator]();
    const next = (): Promise<IteratorResult<JsMsg>> =>
      within(iterator.next(), { what: 'pull', boundMs: pullMs + stuckMs, signal: noAbort });
    for (;;) {
      const first = await next();
      if (first.done) return;
      const batch = [first.value];
      // what is there already comes without waiting
      while (messages.getPending() > 0) {
        const more = await next();
        if (more.done) break;
        batch.push(more.value);
      }
      const { signal, options } = this.#parts;
      if (signal.aborted && !options.signal.aborted) return; // the connection is gone: the server gives them again
      await this.#hand(batch);
    }
  }

  async #hand(messages: readonly JsMsg[]): Promise<void> {
    const { access, options, handlers } = this.#parts;
    const { confirmedAck, ackWaitMs } = access.cluster as NatsPlan;
    const handed = new HandedBatch(messages, {
      ...(options.channel.partitions === undefined ? {} : { partition: this.#partition }),
      confirmed: confirmedAck,
      confirmMs: ackWaitMs,
    });
    try {
      await handlers.batch(handed);
    } catch {
      // given back below
    }
    handed.giveBackRest(retryMs);
  }
}
