/**
 * Sends through a confirm channel of amqplib. amqplib takes any number of messages into its memory (`publish` answers
 * false, and takes them all the same), and writes them when it can: after its deadline a message that it was given may
 * still leave. So what it would pile up waits here, and so does everything while the broker blocks publishers: a message
 * whose time ends here was not written, which proves that it has no effect.
 */

import { pause, untilAborted } from '../../../wait.ts';
import type { BrokerAccess, OutgoingMessage, ProducerClient, ProducerOptions, SendResult } from '../../driver.ts';
import type { RabbitmqPlan } from '../settings.ts';
import { type AnswerKind, answerOf, kindOfNack, resultOf } from './answers.ts';
import { firstPlace } from './connection.ts';
import { Line, type Told } from './line.ts';

const firstConnectMs = 5_000;
const reconnectMs = 100;
/**
 * Nothing was acknowledged for so long, and something was asked: another channel on another node costs little. A channel
 * that was first used while a quorum queue had no leader was refused until the old leader was back, 17 s later (seen with
 * 3.10.8), while others were served.
 */
const renewAfterMs = 3_000;

export async function openProducer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient> {
  const producer = new RabbitmqProducer(access, options);
  await producer.open();
  return producer;
}

interface Attempt {
  readonly value: Buffer;
  readonly settle: (result: SendResult) => void;
  over: boolean;
}

class RabbitmqProducer implements ProducerClient {
  readonly #access: BrokerAccess;
  readonly #options: ProducerOptions;
  readonly #nack: AnswerKind;
  readonly #closing = new AbortController();
  /** Not yet given to amqplib. */
  readonly #waiting: Attempt[] = [];
  #line: Line | undefined;
  #first: number;
  /** Since when nothing that was sent has been acknowledged. */
  #stuckSinceMs: number | undefined;
  #running: Promise<void> | undefined;

  constructor(access: BrokerAccess, options: ProducerOptions) {
    this.#access = access;
    this.#options = options;
    this.#first = firstPlace();
    this.#nack = kindOfNack(access.cluster as RabbitmqPlan, options.channel.groups.length);
    options.signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
    if (options.signal.aborted) this.#closing.abort();
  }

  /** A broker that is down is no error here: a worker that starts in an outage has to outlast it. */
  async open(): Promise<void> {
    const { signal } = this.#closing;
    await new Promise<void>((resolve) => {
      this.#running = this.#stayConnected(resolve);
      void pause(firstConnectMs, signal).then(resolve);
    });
  }

  routes(): readonly string[] {
    return [];
  }

  /** While no broker answers an attempt waits as long as its time lasts, as an application would. */
  send({ value }: OutgoingMessage): Promise<SendResult> {
    const line = this.#line?.lost.aborted === false ? this.#line : undefined;
    return new Promise((resolve) => {
      const attempt: Attempt = {
        value,
        over: false,
        settle: (result) => {
          if (attempt.over) return;
          attempt.over = true;
          clearTimeout(timer);
          resolve(result);
        },
      };
      // An answer may be waiting in the socket, if it was this process that slept: let it be read first.
      const timer = setTimeout(() => setImmediate(() => this.#expire(attempt)), this.#options.timeoutMs);
      if (line?.takes === true && this.#waiting.length === 0) this.#publish(line, attempt);
      else this.#waiting.push(attempt);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#line?.close();
    this.#giveUp('closed');
  }

  #publish(line: Line, attempt: Attempt): void {
    line.publish(attempt.value, (told) => {
      this.#judge(line, told.kind === 'ack');
      attempt.settle(this.#resultOf(told));
    });
    if (this.#options.oneway) attempt.settle({ outcome: 'sent' });
  }

  #judge(line: Line, acked: boolean): void {
    const nowMs = performance.now();
    if (acked || line.blocked || line !== this.#line) this.#stuckSinceMs = undefined;
    else this.#stuckSinceMs ??= nowMs;
    if (this.#stuckSinceMs === undefined || nowMs - this.#stuckSinceMs < renewAfterMs) return;
    this.#stuckSinceMs = undefined;
    line.destroy();
  }

  #resultOf({ kind, code, written }: Told): SendResult {
    const lost = kind === 'connection-closed' || kind === 'channel-closed';
    if (lost && !written) return { outcome: 'rejected', reason: 'not-written' };
    return resultOf(answerOf(kind === 'nack' ? this.#nack : kind, code));
  }

  #expire(attempt: Attempt): void {
    const at = this.#waiting.indexOf(attempt);
    if (at < 0) {
      if (this.#line !== undefined) this.#judge(this.#line, false);
      return attempt.settle(resultOf(answerOf('deadline')));
    }
    this.#waiting.splice(at, 1);
    const connected = this.#line === undefined ? 'not-connected' : 'not-written';
    attempt.settle({ outcome: 'rejected', reason: this.#line?.blocked === true ? 'blocked' : connected });
  }

  #pump(line: Line): void {
    while (line.takes) {
      const attempt = this.#waiting.shift();
      if (attempt === undefined) return;
      if (!attempt.over) this.#publish(line, attempt);
    }
  }

  #giveUp(reason: string): void {
    for (const attempt of this.#waiting.splice(0)) attempt.settle({ outcome: 'rejected', reason });
  }

  /** One line after the other, each on another node where there are several. */
  async #stayConnected(connected: () => void): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const line = await Line.open(this.#access, this.#options, this.#first, signal);
        line.onDrained(() => this.#pump(line));
        this.#line = line;
        connected();
        this.#pump(line);
        await untilAborted(line.lost, signal);
        if (signal.aborted) return;
        line.destroy();
      } catch {
        // nobody answers: the attempts that wait say so when their time is over
      }
      this.#line = undefined;
      this.#first += 1;
      await pause(reconnectMs, signal);
    }
  }
}
