/**
 * What a consumer does with every batch, be it of its topic or of its retry topic: receive, record, process, acknowledge;
 * with `commit: before` it acknowledges first. The receipt is in the kernel before anything else happens, so that a killed
 * consumer never processed or acknowledged what its journal does not hold.
 */
import type { Batch } from '../products/driver.ts';
import type { Position } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { ConsumerWork } from './config.ts';
import type { Processing } from './processing.ts';
import type { Task } from './task.ts';

export class Batches {
  readonly #work: ConsumerWork;
  readonly #journal: JournalWriter;
  readonly #processing: Processing;
  readonly #inHand = new Set<Promise<void>>();
  received = 0;

  constructor(work: ConsumerWork, { journal, processing }: { journal: JournalWriter; processing: Processing }) {
    this.#work = work;
    this.#journal = journal;
    this.#processing = processing;
  }

  async hold(handling: Promise<void>): Promise<void> {
    this.#inHand.add(handling);
    try {
      await handling;
    } finally {
      this.#inHand.delete(handling);
    }
  }

  /** Resolves when no batch is in hand; whether they succeeded is on record. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#inHand);
  }

  /**
   * @param tasks the next messages of the batch, up to its `count`-th.
   * @param place where the group is once they are acknowledged.
   */
  async take(batch: Batch, tasks: readonly Task[], place: Position, count: number): Promise<void> {
    const { groupNumber: group, session, commit } = this.#work;
    for (const { delivery, attempt } of tasks) this.#journal.received(delivery, group, session, attempt);
    this.received += tasks.length;
    this.#journal.flush();
    if (commit === 'before') await this.#acknowledge(batch, place, count);
    await this.#processing.all(tasks, () => batch.heartbeat());
    if (commit === 'after') await this.#acknowledge(batch, place, count);
  }

  async #acknowledge(batch: Batch, place: Position, count: number): Promise<void> {
    const { groupNumber: group, session } = this.#work;
    this.#journal.append({ kind: 'ack', step: 'sent', group, session, ...place });
    this.#journal.flush();
    try {
      await batch.acknowledge(count);
      this.#journal.append({ kind: 'ack', step: 'confirmed', group, session, ...place });
      const { stops } = this.#processing;
      if (!stops.none) await stops.visit('after ack sent');
    } catch (error) {
      // the broker will deliver it again, to us or to another: a duplicate that at-least-once allows
      this.#journal.append({ kind: 'ack', step: 'failed', group, session, ...place });
      throw error;
    }
  }
}
