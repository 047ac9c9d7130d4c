/**
 * What a consumer does with every batch, be it of its topic or of its retry topic: receive, record, process, acknowledge;
 * with `commit: before` it acknowledges first. The receipt is in the kernel before anything else happens, so that a killed
 * consumer never processed or acknowledged what its journal does not hold.
 */

import type { Position } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { Batch, IncomingMessage } from '../products/driver.ts';
import type { ConsumerWork } from './config.ts';
import type { Processing } from './processing.ts';
import type { Task } from './task.ts';

/** Of what failed where nobody says when it is to come again. */
const unplannedDelayMs = 100;

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

  get inHand(): number {
    return this.#inHand.size;
  }

  /** Resolves when no batch is in hand; whether they succeeded is on record. */
  async idle(): Promise<void> {
    while (this.#inHand.size > 0) await Promise.allSettled(this.#inHand);
  }

  /**
   * @param tasks the next messages of the batch.
   * @param place where the group is once they are settled, as far as positions tell.
   */
  async take(batch: Batch, tasks: readonly Task[], place: Position): Promise<void> {
    const { groupNumber: group, session, commit, redelivery } = this.#work;
    for (const { delivery, attempt } of tasks) this.#journal.received(delivery, group, session, attempt);
    this.received += tasks.length;
    this.#journal.flush();
    if (commit === 'before') await this.#settle(batch, tasks, place);
    const failed = await this.#processing.all(tasks, () => batch.heartbeat());
    if (commit === 'before') return;
    const done = failed.length === 0 ? tasks : tasks.filter((task) => !failed.includes(task));
    if (done.length > 0) await this.#settle(batch, done, place);
    if (failed.length === 0) return;
    const delayMs = redelivery?.by === 'broker' ? redelivery.delayMs : unplannedDelayMs;
    await batch.giveBack(failed.map(messageOfTask), delayMs);
  }

  async #settle(batch: Batch, tasks: readonly Task[], place: Position): Promise<void> {
    const { groupNumber: group, session } = this.#work;
    this.#journal.append({ kind: 'ack', step: 'sent', group, session, ...place });
    this.#journal.flush();
    try {
      await batch.settle(tasks.map(messageOfTask));
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

function messageOfTask({ message }: Task): IncomingMessage {
  return message;
}
