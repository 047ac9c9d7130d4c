/**
 * A consumer: receives, records, then acknowledges. The receipt is in the kernel before the ack can leave, so that a
 * killed consumer never acked what its journal does not hold.
 */
import type { Batch, ConsumerHandlers, IncomingMessage } from '../drivers/driver.ts';
import { decodeEnvelope } from '../drivers/envelope.ts';
import type { RunClock } from '../journal/clock.ts';
import { type Delivery, deliveryFlags, none16 } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { ConsumerWork } from './config.ts';

export class Consumer implements ConsumerHandlers {
  readonly #work: ConsumerWork;
  readonly #tag: number;
  readonly #journal: JournalWriter;
  readonly #clock: RunClock;
  readonly #fail: (error: Error) => void;
  readonly #joined: () => void;
  received = 0;

  constructor(
    work: ConsumerWork,
    tag: number,
    world: { journal: JournalWriter; clock: RunClock; fail: (error: Error) => void; joined: () => void },
  ) {
    this.#work = work;
    this.#tag = tag;
    this.#journal = world.journal;
    this.#clock = world.clock;
    this.#fail = world.fail;
    this.#joined = world.joined;
  }

  async batch(batch: Batch): Promise<void> {
    const { groupNumber: group, session } = this.#work;
    const nowNs = this.#clock();
    for (const message of batch.messages) {
      this.#journal.received(deliveryOf(message, this.#tag, nowNs), group, session, message.attempt);
    }
    this.received += batch.messages.length;
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
