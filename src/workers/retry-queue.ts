/**
 * A consumer's part in its group's retry topic: what is due is received, recorded and processed as any other message. What
 * is not due is waited for without holding up anything else, and stays in the broker meanwhile, so that a delay outlasts
 * whoever waits for it. A receipt is recorded when it is due: until then the application has not been given anything.
 */
import type { Batch, ConsumerHandlers } from '../drivers/driver.ts';
import type { RunClock } from '../journal/clock.ts';
import { none16 } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { ConsumerWork } from './config.ts';
import type { Processing } from './processing.ts';
import { type CopyTags, type Task, taskOfCopy } from './task.ts';

/** A batch whose time is further away than this is given back, so that the group can be rebalanced meanwhile. */
const patienceMs = 2000;
const lookEveryMs = 50;
/** Messages that are acknowledged together: whoever dies has so many again. */
const mostTogether = 64;

interface RetryWorld {
  readonly journal: JournalWriter;
  readonly clock: RunClock;
  readonly processing: Processing;
  fail(error: Error): void;
  joined(): void;
}

export class RetryQueue implements ConsumerHandlers {
  readonly #work: ConsumerWork;
  readonly #tags: CopyTags;
  readonly #world: RetryWorld;
  readonly #inHand = new Set<Promise<void>>();
  received = 0;

  constructor(work: ConsumerWork, tags: CopyTags, world: RetryWorld) {
    this.#work = work;
    this.#tags = tags;
    this.#world = world;
  }

  async batch(batch: Batch): Promise<void> {
    const handling = this.#handle(batch);
    this.#inHand.add(handling);
    try {
      await handling;
    } finally {
      this.#inHand.delete(handling);
    }
  }

  /** Resolves when no batch is in hand. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#inHand);
  }

  assigned(): void {
    this.#world.joined();
  }

  revoked(): void {}

  failed(error: Error): void {
    this.#world.fail(error);
  }

  /** What is due together is processed and acknowledged together, and then the rest is waited for. */
  async #handle(batch: Batch): Promise<void> {
    const { clock, processing } = this.#world;
    const { commit } = this.#work;
    const tasks = batch.messages.map((message) => taskOfCopy(message, this.#tags, clock()));
    for (let done = 0; done < tasks.length; ) {
      await this.#until((tasks[done] as Task).dueAtNs, batch);
      const nowNs = clock();
      const later = tasks.findIndex(({ dueAtNs }, i) => i > done && dueAtNs > nowNs);
      const due = tasks.slice(done, Math.min(later < 0 ? tasks.length : later, done + mostTogether));
      done += due.length;
      this.#receive(due);
      if (commit === 'before') await this.#acknowledge(batch, done);
      await processing.all(due, () => batch.heartbeat());
      if (commit === 'after') await this.#acknowledge(batch, done);
    }
  }

  /** @throws Error when it is too far away, or the worker is to end: the rest is given back. */
  async #until(dueAtNs: number, batch: Batch): Promise<void> {
    const { clock, processing } = this.#world;
    const endMs = performance.now() + patienceMs;
    for (;;) {
      if (processing.ending) throw new Error('given back: this consumer ends');
      const leftMs = (dueAtNs - clock()) / 1e6;
      if (leftMs <= 0) return;
      if (performance.now() >= endMs) throw new Error('given back: not due yet');
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, lookEveryMs)));
      await batch.heartbeat();
    }
  }

  #receive(due: readonly Task[]): void {
    const { groupNumber: group, session } = this.#work;
    const { journal } = this.#world;
    for (const { delivery, attempt } of due) journal.received(delivery, group, session, attempt);
    journal.flush();
    this.received += due.length;
  }

  async #acknowledge(batch: Batch, count: number): Promise<void> {
    const { groupNumber: group, session } = this.#work;
    const { journal, processing } = this.#world;
    const place = { group, session, partition: none16 };
    journal.append({ kind: 'ack', step: 'sent', ...place });
    journal.flush();
    try {
      await batch.acknowledge(count);
      journal.append({ kind: 'ack', step: 'confirmed', ...place });
      if (!processing.stops.none) await processing.stops.visit('after ack sent');
    } catch (error) {
      journal.append({ kind: 'ack', step: 'failed', ...place });
      throw error;
    }
  }
}
