/** A consumer of its group's topic. What it does with a batch is in batches.ts. */

import type { RunClock } from '../journal/clock.ts';
import { none16 } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { Batch, ConsumerHandlers } from '../products/driver.ts';
import { Batches } from './batches.ts';
import type { ConsumerWork } from './config.ts';
import type { Processing } from './processing.ts';
import { taskOf } from './task.ts';

export interface ConsumerWorld {
  readonly journal: JournalWriter;
  readonly clock: RunClock;
  readonly processing: Processing;
  fail(error: Error): void;
  joined(): void;
}

export class Consumer implements ConsumerHandlers {
  readonly #work: ConsumerWork;
  readonly #tag: number;
  readonly #world: ConsumerWorld;
  readonly #batches: Batches;

  constructor(work: ConsumerWork, tag: number, world: ConsumerWorld) {
    this.#work = work;
    this.#tag = tag;
    this.#world = world;
    this.#batches = new Batches(work, world);
  }

  get received(): number {
    return this.#batches.received;
  }

  async batch(batch: Batch): Promise<void> {
    const mayComeAgain = batch.settled !== true && !this.#world.processing.isCounted;
    if (mayComeAgain && this.#world.processing.ending) throw new Error('given back: this consumer ends');
    await this.#batches.hold(this.#handle(batch));
  }

  get inHand(): number {
    return this.#batches.inHand;
  }

  idle(): Promise<void> {
    return this.#batches.idle();
  }

  async #handle(batch: Batch): Promise<void> {
    const nowNs = this.#world.clock();
    const { isCounted } = this.#world.processing;
    const tasks = batch.messages.map((message) => taskOf(message, this.#tag, nowNs, isCounted));
    const { partition = none16 } = batch;
    const last = batch.messages.at(-1)?.position;
    const place = { partition, ...(last === undefined ? {} : { position: last + 1 }) };
    await this.#batches.take(batch, tasks, place);
  }

  assigned(partitions: readonly number[]): void {
    this.#assignment('assigned', partitions);
    this.#world.joined();
  }

  revoked(partitions: readonly number[]): void {
    this.#assignment('revoked', partitions);
  }

  failed(error: Error): void {
    this.#world.fail(error);
  }

  #assignment(assignment: 'assigned' | 'revoked', partitions: readonly number[]): void {
    const { groupNumber: group, session } = this.#work;
    const { journal } = this.#world;
    for (const partition of partitions) journal.append({ kind: 'assigned', assignment, group, session, partition });
    journal.flush();
  }
}
