/**
 * A consumer: receives, records, processes, then acknowledges; with `commit: before` it acknowledges first. The receipt
 * is in the kernel before anything else happens, so that a killed consumer never processed or acked what its journal does
 * not hold.
 */
import type { Batch, ConsumerHandlers, IncomingMessage } from '../drivers/driver.ts';
import { decodeEnvelope } from '../drivers/envelope.ts';
import type { RunClock } from '../journal/clock.ts';
import { type Delivery, deliveryFlags, none16 } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { ConsumerWork } from './config.ts';
import type { Processing } from './processing.ts';

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
    const deliveries = batch.messages.map((message) => deliveryOf(message, this.#tag, nowNs));
    const attempts = batch.messages.map((message) => message.attempt);
    for (const [i, delivery] of deliveries.entries())
      this.#journal.received(delivery, group, session, attempts[i] ?? 1);
    this.received += deliveries.length;
    this.#journal.flush();
    const heartbeat = (): Promise<void> => batch.heartbeat();
    if (commit === 'before') await this.#acknowledge(batch);
    await this.#processing.all(deliveries, attempts, heartbeat);
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

/** A delivery as the journal tells it: who it says it is, and what is wrong with it. */
export function deliveryOf(message: IncomingMessage, tag: number, nowNs: number): Delivery {
  const place = {
    partition: message.partition,
    ...(message.position === undefined ? {} : { position: message.position }),
    ...(message.epoch === undefined ? {} : { epoch: message.epoch }),
  };
  const redelivered = message.redelivered ? deliveryFlags.redelivered : 0;
  const envelope = decodeEnvelope(message.value, tag);
  if (envelope === undefined) {
    const flags = redelivered | deliveryFlags.unidentified;
    return { producer: none16, seq: 0, flags, ...place, sendAttempt: 0, latencyUs: 0 };
  }
  const flags =
    redelivered |
    (envelope.ours ? 0 : deliveryFlags.foreign) |
    (envelope.bodyGood ? 0 : deliveryFlags.corrupt) |
    (envelope.partition === message.partition ? 0 : deliveryFlags.misrouted);
  return {
    producer: envelope.producer,
    seq: envelope.seq,
    flags,
    ...place,
    sendAttempt: envelope.attempt,
    latencyUs: Math.max(0, nowNs - envelope.sentAtNs) / 1000,
  };
}
