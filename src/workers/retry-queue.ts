/**
 * A consumer's part in its group's retry topic: what is due is received, recorded and processed as any other message. What
 * is not due is waited for without holding up anything else, and stays in the broker meanwhile, so that a delay outlasts
 * whoever waits for it. A receipt is recorded when it is due: until then the application has not been given anything.
 */

import { none16 } from '../journal/event.ts';
import type { Batch, ConsumerHandlers } from '../products/driver.ts';
import { pause } from '../wait.ts';
import { Batches } from './batches.ts';
import type { ConsumerWork } from './config.ts';
import type { ConsumerWorld } from './consumer.ts';
import { type CopyTags, type Task, taskOfCopy } from './task.ts';

/** A batch whose time is further away than this is given back, so that the group can be rebalanced meanwhile. */
const patienceMs = 2000;
const lookEveryMs = 50;
/** Messages that are acknowledged together: whoever dies has so many again. */
const mostTogether = 64;

export class RetryQueue implements ConsumerHandlers {
  readonly #tags: CopyTags;
  readonly #world: ConsumerWorld;
  readonly #batches: Batches;

  constructor(work: ConsumerWork, tags: CopyTags, world: ConsumerWorld) {
    this.#tags = tags;
    this.#world = world;
    this.#batches = new Batches(work, world);
  }

  get received(): number {
    return this.#batches.received;
  }

  async batch(batch: Batch): Promise<void> {
    await this.#batches.hold(this.#handle(batch));
  }

  get inHand(): number {
    return this.#batches.inHand;
  }

  idle(): Promise<void> {
    return this.#batches.idle();
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
    const { clock } = this.#world;
    const tasks = batch.messages.map((message) => taskOfCopy(message, this.#tags, clock()));
    for (let done = 0; done < tasks.length; ) {
      await this.#until((tasks[done] as Task).dueAtNs, batch);
      const nowNs = clock();
      const later = tasks.findIndex(({ dueAtNs }, i) => i > done && dueAtNs > nowNs);
      const due = tasks.slice(done, Math.min(later < 0 ? tasks.length : later, done + mostTogether));
      done += due.length;
      await this.#batches.take(batch, due, { partition: none16 });
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
      await pause(Math.min(leftMs, lookEveryMs), processing.stop);
      await batch.heartbeat();
    }
  }
}
