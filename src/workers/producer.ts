/**
 * A producer: sends its share of the messages and records every attempt. Retrying is ours, not the client's, so that
 * each attempt is a record of its own. Intents of a tick are in the kernel before the tick's sends leave.
 */

import type { RunClock } from '../journal/clock.ts';
import { none16 } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { ProducerClient, SendResult } from '../products/driver.ts';
import { encodeEnvelope, runTag } from '../products/envelope.ts';
import { Body } from './body.ts';
import { type Counters, noCounters, type ProducerWork, type WorkerConfig } from './config.ts';
import { Pace } from './pace.ts';

interface Message {
  readonly seq: number;
  attempt: number;
  /** Absent where the channel has no partitions. */
  partition: number | undefined;
  /** When the next attempt is due, ms of performance.now(). */
  dueAtMs: number;
}

const flushEveryMs = 10;
const tickMs = 2;

export class Producer {
  readonly #work: ProducerWork;
  /** Absent: the channel has none. */
  readonly #partitions: number | undefined;
  readonly #tag: number;
  readonly #client: ProducerClient;
  readonly #journal: JournalWriter;
  readonly #clock: RunClock;
  readonly #stop: AbortSignal;
  readonly #report: (counters: Counters) => void;
  readonly #pace: Pace;
  readonly #body: Body;
  readonly #retries: Message[] = [];
  #next = 0;
  #open = 0;
  #acked = 0;
  #failed = 0;
  #retried = 0;
  #unknown = 0;
  #pumping = false;

  constructor(
    config: WorkerConfig,
    work: ProducerWork,
    world: {
      client: ProducerClient;
      journal: JournalWriter;
      clock: RunClock;
      stop: AbortSignal;
      report: (counters: Counters) => void;
    },
  ) {
    this.#work = work;
    this.#partitions = world.client.placedByBroker ? undefined : config.channel.partitions;
    this.#tag = runTag(config.header.run);
    this.#client = world.client;
    this.#journal = world.journal;
    this.#clock = world.clock;
    this.#stop = world.stop;
    this.#report = world.report;
    this.#pace = new Pace(work.ratePerSecond);
    this.#body = new Body(config.seed, work.payloadBytes);
  }

  counters(): Counters {
    const [attempted, acked, failed] = [this.#next, this.#acked, this.#failed];
    return { ...noCounters, attempted, acked, failed, retried: this.#retried, unknown: this.#unknown };
  }

  /** Resolves when every message has its outcome, or was given up after a stop. True when all were sent. */
  async run(): Promise<boolean> {
    const flushing = setInterval(() => {
      this.#journal.flush();
      this.#report(this.counters());
    }, flushEveryMs);
    this.#pace.start();
    try {
      await new Promise<void>((resolve) => this.#turn(resolve));
    } finally {
      clearInterval(flushing);
    }
    return this.#next === this.#work.messages;
  }

  /** One tick: what may be sent now is recorded, then sent. Then the next tick is arranged. */
  #turn(done: () => void): void {
    this.#pumping = false;
    const tick = this.#take();
    for (const { seq, attempt, partition } of tick) {
      this.#journal.intended(this.#work.producer, seq, attempt, partition ?? none16, this.#work.payloadBytes);
    }
    this.#journal.flush();
    for (const message of tick) void this.#attempt(message, done);
    if (this.#ended()) return done();
    setTimeout(() => this.#wake(done), tickMs);
  }

  #wake(done: () => void): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => this.#turn(done));
  }

  #ended(): boolean {
    const allBegun = this.#next === this.#work.messages || this.#stop.aborted;
    return allBegun && this.#open === 0;
  }

  #take(): Message[] {
    const now = performance.now();
    const tick: Message[] = [];
    for (let i = this.#retries.length - 1; i >= 0; i -= 1) {
      const message = this.#retries[i] as Message;
      if (message.dueAtMs > now && !this.#stop.aborted) continue;
      this.#retries.splice(i, 1);
      if (this.#stop.aborted) this.#settle(false);
      else tick.push(message);
    }
    const window = this.#work.send === 'sync' ? 1 : this.#work.window;
    const allowed = Math.min(this.#work.messages, this.#pace.allowed(this.#next));
    while (!this.#stop.aborted && this.#open < window && this.#next < allowed) {
      const seq = this.#next;
      tick.push({ seq, attempt: 1, partition: this.#partitionOf(seq), dueAtMs: now });
      this.#next += 1;
      this.#open += 1;
    }
    return tick;
  }

  async #attempt(message: Message, done: () => void): Promise<void> {
    const { producer } = this.#work;
    const { seq, attempt, partition } = message;
    const sentAtNs = this.#clock();
    const identity = { producer, seq, attempt, partition: partition ?? none16, sentAtNs };
    const value = encodeEnvelope(this.#tag, identity, this.#body.of(seq));
    const where = partition === undefined ? {} : { partition };
    const result = await this.#client.send({ producer, seq, attempt, ...where, value });
    this.#record(message, result, (this.#clock() - sentAtNs) / 1000);
    const again = (result.outcome === 'rejected' || result.outcome === 'unknown') && attempt <= this.#work.retries;
    if (again && !this.#stop.aborted) this.#retry(message);
    else this.#settle(result.outcome === 'acked');
    this.#wake(done);
  }

  #record({ seq, attempt }: Message, result: SendResult, latencyUs: number): void {
    const { producer } = this.#work;
    switch (result.outcome) {
      case 'acked':
        return this.#journal.outcome(producer, seq, attempt, 'acked', latencyUs, result);
      case 'degraded':
        return this.#journal.outcome(producer, seq, attempt, 'degraded', latencyUs, result, result.reason);
      case 'sent':
        return this.#journal.outcome(producer, seq, attempt, 'sent', latencyUs);
      case 'rejected':
      case 'unknown':
        if (result.outcome === 'unknown') this.#unknown += 1;
        return this.#journal.failed(producer, seq, attempt, result.outcome, latencyUs, result.reason);
    }
  }

  #retry(message: Message): void {
    this.#retried += 1;
    message.attempt += 1;
    message.dueAtMs = performance.now() + this.#work.retryDelayMs;
    if (this.#work.retryAnotherBroker) message.partition = this.#elsewhere(message);
    this.#retries.push(message);
  }

  #partitionOf(seq: number): number | undefined {
    return this.#partitions === undefined ? undefined : (seq + this.#work.producer) % this.#partitions;
  }

  #settle(acked: boolean): void {
    this.#open -= 1;
    if (acked) this.#acked += 1;
    else this.#failed += 1;
  }

  /** A partition of another broker, spread by sequence; the same one when there is no other. */
  #elsewhere({ seq, partition }: Message): number | undefined {
    if (partition === undefined) return undefined;
    const routes = this.#client.routes();
    const failed = routes[partition];
    const others = routes.flatMap((route, index) => (route === failed ? [] : [index]));
    return others.length === 0 ? partition : (others[seq % others.length] as number);
  }
}
