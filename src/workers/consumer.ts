/**
 * A consumer: receives, records, processes, then acknowledges; with `commit: before` it acknowledges first. The receipt
 * is in the kernel before anything else happens, so that a killed consumer never processed or acked what its journal does
 * not hold.
 */
import type { Batch, ConsumerHandlers } from '../drivers/driver.ts';
import type { RunClock } from '../journal/clock.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { ConsumerWork } from './config.ts';
import type { Processing } from './processing.ts';
import { taskOf } from './task.ts';

interface ConsumerWorld {
  readonly journal: JournalWriter;
  readonly clock: RunClock;
  readonly processing: Processing;
  fail(error: Error): void;
  joined(): void;
}

export class Consumer implements ConsumerHandlers {
  readonly #work: ConsumerWork;
  readonly #tag: number;
  readonly #journal: JournalWriter;
  readonly #clock: RunClock;
  readonly #processing: Processing;
  readonly #fail: (error: Error) => void;
  readonly #joined: () => void;
  readonly #inHand = new Set<Promise<void>>();
  received = 0;

  constructor(work: ConsumerWork, tag: number, world: ConsumerWorld) {
    this.#work = work;
    this.#tag = tag;
    this.#journal = world.journal;
    this.#clock = world.clock;
    this.#processing = world.processing;
    this.#fail = world.fail;
    this.#joined = world.joined;
  }

  async batch(batch: Batch): Promise<void> {
    if (this.#processing.ending) throw new Error('given back: this consumer ends');
    const handling = this.#handle(batch);
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

  async #handle(batch: Batch): Promise<void> {
    const { groupNumber: group, session, commit } = this.#work;
    const nowNs = this.#clock();
    const tasks = batch.messages.map((message) => taskOf(message, this.#tag, nowNs));
    for (const { delivery, attempt } of tasks) this.#journal.received(delivery, group, session, attempt);
    this.received += tasks.length;
    this.#journal.flush();
    const heartbeat = (): Promise<void> => batch.heartbeat();
    if (commit === 'before') await this.#acknowledge(batch);
    await this.#processing.all(tasks, heartbeat);
    if (commit === 'after') await this.#acknowledge(batch);
  }

  async #acknowledge(batch: Batch): Promise<void> {
    const { groupNumber: group, session } = this.#work;
    const last = batch.messages.at(-1);
    const place = {
      partition: batch.partition,
      ...(last?.position === undefined ? {} : { position: last.position + 1 }),
    };
    this.#journal.append({ kind: 'ack', step: 'sent', group, session, ...place });
    this.#journal.flush();
    try {
      await batch.acknowledge();
      this.#journal.append({ kind: 'ack', step: 'confirmed', group, session, ...place });
      if (!this.#processing.stops.none) await this.#processing.stops.visit('after ack sent');
    } catch (error) {
      // the broker will deliver it again, to us or to another: a duplicate that at-least-once allows
      this.#journal.append({ kind: 'ack', step: 'failed', group, session, ...place });
      throw error;
    }
  }

  assigned(partitions: readonly number[]): void {
    this.#assignment('assigned', partitions);
    this.#joined();
  }

  revoked(partitions: readonly number[]): void {
    this.#assignment('revoked', partitions);
  }

  failed(error: Error): void {
    this.#fail(error);
  }

  #assignment(assignment: 'assigned' | 'revoked', partitions: readonly number[]): void {
    const { groupNumber: group, session } = this.#work;
    for (const partition of partitions)
      this.#journal.append({ kind: 'assigned', assignment, group, session, partition });
    this.#journal.flush();
  }
}
