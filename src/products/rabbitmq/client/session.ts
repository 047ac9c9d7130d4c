/**
 * One life of a consumer: a connection, a channel and a subscription, from their making to the moment when any of them
 * ends. What it was given and has not settled then goes back to the queue by itself.
 *
 * The broker does not confirm an acknowledgement. A question on the same channel, answered after it, proves that the
 * channel has taken it, and no more: a node that dies at once may still deliver the message again.
 */
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { noAbort, within } from '../../../wait.ts';
import type { BrokerAccess, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import type { RabbitmqPlan } from '../settings.ts';
import { attemptOf, failuresOf } from './attempts.ts';
import { type Hand, HandedBatch, type Held } from './batch.ts';
import { type Connection, connectToAny } from './connection.ts';
import { deadQueue, declareExchange, declareGroup, topologyOf } from './topology.ts';

const setUpMs = 10_000;
const settleMs = 5_000;
const idleCheckMs = 5_000;

export class Session {
  readonly #access: BrokerAccess;
  readonly #options: ConsumerOptions;
  readonly #handlers: ConsumerHandlers;
  readonly #plan: RabbitmqPlan;
  readonly #over = new AbortController();
  readonly #buffer: Held[] = [];
  /** Of messages that are held back before they are given back. */
  readonly #timers = new Set<NodeJS.Timeout>();
  #connection: Connection | undefined;
  #channel: ConfirmChannel | undefined;
  #tag: string | undefined;
  #error: Error | undefined;
  #assigned = false;
  #stopping = false;
  #unsettled = 0;
  #processing: Promise<void> | undefined;
  #lastAtMs = performance.now();

  constructor(access: BrokerAccess, options: ConsumerOptions, handlers: ConsumerHandlers) {
    this.#access = access;
    this.#options = options;
    this.#handlers = handlers;
    this.#plan = access.cluster as RabbitmqPlan;
  }

  /** Resolves with what ended it. Never rejects. @param begun called when it consumes. */
  async run(first: number, begun: () => void, signal: AbortSignal): Promise<Error> {
    try {
      this.#connection = await connectToAny(this.#access, first, signal);
      this.#connection.lost.addEventListener('abort', () => this.#end(new Error('the connection was lost')));
      if (this.#connection.lost.aborted) this.#end(new Error('the connection was lost'));
      await within(this.#subscribe(this.#connection), { what: 'subscribe', boundMs: setUpMs, signal });
      begun();
      using _watch = this.#watch();
      await new Promise<void>((resolve) => {
        if (this.#over.signal.aborted) resolve();
        else this.#over.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
    }
    return this.#error ?? new Error('ended');
  }

  /**
   * Batches in hand may still be settled for a moment; ends in any case. What the broker has settled by sending it will not
   * come again, so all of that is handed over first, however long it takes.
   */
  async close(graceMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#options.settleOnDelivery) {
      await this.#cancel();
      await this.#processing;
    }
    this.#buffer.length = 0;
    if (this.#processing !== undefined && !this.#over.signal.aborted) {
      await within(this.#processing, { what: 'batch in hand', boundMs: graceMs, signal: noAbort }).catch(
        () => undefined,
      );
    }
    this.#end(new Error('closed'));
    await this.#connection?.close();
  }

  async #subscribe(connection: Connection): Promise<void> {
    const { channel: exchange, group, settleOnDelivery } = this.#options;
    const channel = await connection.model.createConfirmChannel();
    this.#channel = channel;
    channel.on('error', (error: Error) => this.#end(error));
    channel.on('close', () => this.#end(new Error('the channel was closed')));
    await declareExchange(channel, exchange.name, this.#plan);
    await declareGroup(channel, exchange.name, group, topologyOf(exchange, this.#plan, connection.server));
    await channel.prefetch(this.#plan.prefetch);
    const subscribed = await channel.consume(group, (message) => this.#take(message), { noAck: settleOnDelivery });
    this.#tag = subscribed.consumerTag;
    if (this.#over.signal.aborted) return;
    this.#assigned = true;
    this.#handlers.assigned([]);
  }

  /** Null: the queue was deleted, or the node that it lives on is gone. */
  #take(message: ConsumeMessage | null): void {
    this.#lastAtMs = performance.now();
    if (message === null) return this.#end(new Error('the broker has cancelled the subscription'));
    const { group, settleOnDelivery } = this.#options;
    if (!settleOnDelivery && (this.#stopping || this.#over.signal.aborted)) return; // it goes back to the queue
    this.#unsettled += 1;
    const { redelivered } = message.fields;
    this.#buffer.push({
      value: message.content,
      redelivered,
      attempt: attemptOf(message, group, this.#options.channel.redelivery !== undefined),
      original: message,
    });
    this.#processing ??= this.#process().finally(() => {
      this.#processing = undefined;
    });
  }

  async #process(): Promise<void> {
    // what comes in the same moment is one batch
    await new Promise((resolve) => setImmediate(resolve));
    const { settleOnDelivery } = this.#options;
    while (this.#buffer.length > 0 && (settleOnDelivery || !this.#over.signal.aborted)) {
      const batch = new HandedBatch(this.#buffer.splice(0), this.#hand, settleOnDelivery);
      try {
        await this.#handlers.batch(batch);
      } catch {
        batch.giveBackRest();
      }
    }
  }

  readonly #hand: Hand = {
    settle: async (messages) => {
      if (this.#options.settleOnDelivery) return;
      const channel = this.#open();
      for (const { original } of messages) channel.ack(original);
      this.#unsettled -= messages.length;
      await this.#answered(channel);
    },
    giveBack: async (messages, afterMs) => {
      const { channel, group, settleOnDelivery } = this.#options;
      if (settleOnDelivery) return;
      if (channel.redelivery === undefined) return this.#requeueAfter(messages, afterMs);
      const { attempts, deadLetter } = channel.redelivery;
      const last = messages.filter(({ original }) => failuresOf(original, group) >= attempts);
      const open = this.#open();
      for (const message of messages) if (!last.includes(message)) open.reject(message.original, false);
      if (deadLetter) await Promise.all(last.map(({ original }) => this.#bury(open, original)));
      for (const { original } of last) open.ack(original);
      this.#unsettled -= messages.length;
      await this.#answered(open);
    },
    heartbeat: async () => {
      this.#open(); // the connection has heartbeats of its own
    },
  };

  /** Whatever the broker has sent before its answer is here by then. */
  async #cancel(): Promise<void> {
    const [channel, tag] = [this.#channel, this.#tag];
    if (channel === undefined || tag === undefined || this.#over.signal.aborted) return;
    const cancelled = channel.cancel(tag);
    await within(cancelled, { what: 'cancel', boundMs: settleMs, signal: this.#over.signal }).catch(() => undefined);
  }

  /** As it came, so that what the broker noted of it stays; acknowledged here once its copy is. */
  async #bury(channel: ConfirmChannel, { content, properties }: ConsumeMessage): Promise<void> {
    const queue = deadQueue(this.#options.group);
    const settings = { ...properties, persistent: this.#plan.persistent, mandatory: true } as object;
    const buried = new Promise<void>((resolve, reject) => {
      const returned = (): void => reject(new Error(`there is no queue ${queue}`));
      channel.once('return', returned);
      channel.sendToQueue(queue, content, settings, (error) => {
        channel.off('return', returned);
        if (error === null) resolve();
        else reject(error instanceof Error ? error : new Error('refused'));
      });
    });
    await within(buried, { what: 'dead letter', boundMs: settleMs, signal: this.#over.signal });
  }

  /** Held here until then. Should this consumer die before, they come at once. */
  #requeueAfter(messages: readonly Held[], afterMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#over.signal.aborted) return;
      this.#unsettled -= messages.length;
      for (const { original } of messages) this.#channel?.nack(original, false, true);
    }, afterMs);
    this.#timers.add(timer);
  }

  #open(): ConfirmChannel {
    if (this.#channel === undefined || this.#over.signal.aborted) throw this.#error ?? new Error('the session is over');
    return this.#channel;
  }

  async #answered(channel: ConfirmChannel): Promise<void> {
    const asked = channel.prefetch(this.#plan.prefetch);
    await within(asked, { what: 'acknowledge', boundMs: settleMs, signal: this.#over.signal });
  }

  /** A queue that has messages, and gives none to a consumer that holds none, has forgotten it. */
  #watch(): Disposable {
    const timer = setInterval(() => {
      if (this.#unsettled > 0 || performance.now() - this.#lastAtMs < 2 * idleCheckMs) return;
      const sinceMs = this.#lastAtMs;
      const asked = this.#channel?.checkQueue(this.#options.group);
      if (asked === undefined) return;
      within(asked, { what: 'look at the queue', boundMs: idleCheckMs, signal: this.#over.signal }).then(
        ({ messageCount }) => {
          if (messageCount > 0 && this.#lastAtMs === sinceMs) this.#end(new Error('the queue gives nothing'));
        },
        (error: unknown) => this.#end(error instanceof Error ? error : new Error(String(error))),
      );
    }, idleCheckMs);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  #end(error: Error): void {
    if (this.#over.signal.aborted) return;
    this.#error ??= error;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#over.abort();
    if (!this.#assigned) return;
    this.#assigned = false;
    this.#handlers.revoked([]);
  }
}
