/** A connection and a channel that messages are published on, and for each what became of it. */
import type { Channel as AmqpChannel, ConfirmChannel, Message } from 'amqplib';
import { within } from '../../../wait.ts';
import type { BrokerAccess, ProducerOptions } from '../../driver.ts';
import type { RabbitmqPlan } from '../settings.ts';
import type { AnswerKind } from './answers.ts';
import { type Connection, connectToAny } from './connection.ts';
import { PublishFrames, watchWrites } from './frames.ts';
import { declareExchange, declareGroup, topologyOf } from './topology.ts';

export interface Told {
  readonly kind: AnswerKind;
  readonly code?: number;
  /** A byte of it has been handed to the socket. */
  readonly written: boolean;
}

const setUpMs = 5_000;

interface Sent {
  written: boolean;
  returned?: number;
}

export class Line {
  readonly #connection: Connection;
  readonly #channel: AmqpChannel;
  readonly #exchange: string;
  readonly #flags: { readonly persistent: boolean; readonly mandatory: boolean };
  readonly #confirms: boolean;
  /** In the order in which they were given to amqplib, without those that have begun to leave. */
  readonly #unwritten: Sent[] = [];
  /** By `messageId`, which a returned message brings back. */
  readonly #mandatory = new Map<string, Sent>();
  #next = 0;
  #full = false;
  #blocked = false;
  #nacking = false;
  #closed: { kind: 'channel-closed' | 'connection-closed'; code?: number } | undefined;
  readonly #lost = new AbortController();
  #drained: () => void = () => {};

  private constructor(connection: Connection, channel: AmqpChannel, options: ProducerOptions, plan: RabbitmqPlan) {
    this.#connection = connection;
    this.#channel = channel;
    this.#exchange = options.channel.name;
    this.#flags = { persistent: plan.persistent, mandatory: plan.mandatory };
    this.#confirms = !options.oneway;
    watchWrites(
      connection.stream,
      new PublishFrames(() => {
        const sent = this.#unwritten.shift();
        if (sent !== undefined) sent.written = true;
      }),
    );
    this.#listen();
  }

  /** @throws Error when no node can be used. */
  static async open(access: BrokerAccess, options: ProducerOptions, first: number, signal: AbortSignal): Promise<Line> {
    const plan = access.cluster as RabbitmqPlan;
    const connection = await connectToAny(access, first, signal);
    const setUp = async (): Promise<Line> => {
      const { model } = connection;
      const channel = options.oneway ? await model.createChannel() : await model.createConfirmChannel();
      const line = new Line(connection, channel, options, plan);
      await declareExchange(channel, options.channel.name, plan);
      await declareQueues(connection, options, plan);
      return line;
    };
    try {
      return await within(setUp(), { what: 'open a channel', boundMs: setUpMs, signal });
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Aborted when nothing can be published here any more. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether amqplib would take a message without piling it up, and the broker reads what publishers send. */
  get takes(): boolean {
    return !this.#full && !this.#blocked && !this.#lost.signal.aborted;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  /** Called whenever messages may be taken again. */
  onDrained(listener: () => void): void {
    this.#drained = listener;
  }

  /** `tell` is called once, but never after a time of ours: the caller has its own deadline. */
  publish(value: Buffer, tell: (told: Told) => void): { readonly written: boolean } {
    const sent: Sent = { written: false };
    const id = String(this.#next++);
    const settings = { ...this.#flags, messageId: id };
    this.#unwritten.push(sent);
    try {
      if (!this.#confirms) {
        this.#full = !this.#channel.publish(this.#exchange, '', value, settings);
        return sent;
      }
      if (this.#flags.mandatory) this.#mandatory.set(id, sent);
      const answered = (error: unknown): void => {
        this.#mandatory.delete(id);
        tell(this.#told(error, sent));
      };
      this.#full = !(this.#channel as ConfirmChannel).publish(this.#exchange, '', value, settings, answered);
    } catch {
      // the channel is closed, and amqplib has taken nothing
      this.#mandatory.delete(id);
      tell({ kind: 'connection-closed', written: sent.written });
    }
    return sent;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #told(error: unknown, { written, returned }: Sent): Told {
    if (error === null || error === undefined) {
      return returned === undefined ? { kind: 'ack', written } : { kind: 'return', code: returned, written };
    }
    if (this.#nacking) return { kind: 'nack', written };
    return { ...(this.#closed ?? { kind: 'connection-closed' }), written };
  }

  #listen(): void {
    const { model, lost } = this.#connection;
    const channel = this.#channel;
    // around amqplib's own listener, which calls back for each message: only in between is an error a nack
    channel.prependListener('nack', () => {
      this.#nacking = true;
    });
    channel.on('nack', () => {
      this.#nacking = false;
    });
    channel.on('return', (message: Message) => {
      const sent = this.#mandatory.get(String(message.properties.messageId));
      if (sent !== undefined) sent.returned = (message.fields as { replyCode?: number }).replyCode ?? 0;
    });
    channel.on('error', (error: { code?: number }) => {
      this.#closed ??= { kind: 'channel-closed', ...(error.code === undefined ? {} : { code: error.code }) };
    });
    channel.on('drain', () => {
      this.#full = false;
      this.#drained();
    });
    channel.on('close', () => this.#lost.abort());
    model.on('error', (error: { code?: unknown }) => {
      const code = typeof error.code === 'number' ? { code: error.code } : {};
      this.#closed ??= { kind: 'connection-closed', ...code };
    });
    model.on('blocked', () => {
      this.#blocked = true;
    });
    model.on('unblocked', () => {
      this.#blocked = false;
      this.#drained();
    });
    if (lost.aborted) this.#lost.abort();
    else lost.addEventListener('abort', () => this.#lost.abort(), { once: true });
  }
}

/**
 * The groups' queues, as far as that can be done now: they may have gone with a disk. The node of a classic queue may be
 * down as well, and the queue be refused; then messages are returned, which says it better.
 */
async function declareQueues(
  { model, server }: Connection,
  { channel }: ProducerOptions,
  plan: RabbitmqPlan,
): Promise<void> {
  const amqp = await model.createChannel();
  amqp.on('error', () => {}); // the call that it belongs to rejects
  try {
    for (const group of channel.groups)
      await declareGroup(amqp, channel.name, group, topologyOf(channel, plan, server));
    await amqp.close();
  } catch {
    // and its channel is closed
  }
}
