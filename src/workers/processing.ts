/** What a consumer does with what it received: the effect, and what came of it on record. */
import type { Effects } from '../effects/effects.ts';
import { type EffectMessage, keyOf } from '../effects/message.ts';
import { messageOf } from '../errors.ts';
import { type Delivery, deliveryFlags } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { ConsumerWork } from './config.ts';
import type { Stops } from './stops.ts';

const heartbeatEveryMs = 100;
const strangers = deliveryFlags.foreign | deliveryFlags.unidentified;
/** Failures that are told on stderr; the journal has all. */
const mostTold = 20;

export interface ProcessingParts {
  readonly journal: JournalWriter;
  /** Absent: processing has no effect. */
  readonly effects?: Effects;
  readonly stops: Stops;
  /** Aborted when the worker is to end. */
  readonly stop: AbortSignal;
}

export class Processing {
  readonly #work: ConsumerWork;
  readonly #parts: ProcessingParts;
  #told = 0;

  constructor(work: ConsumerWork, parts: ProcessingParts) {
    this.#work = work;
    this.#parts = parts;
  }

  /** Nothing new is to be begun. */
  get ending(): boolean {
    return this.#parts.stop.aborted;
  }

  get stops(): Stops {
    return this.#parts.stops;
  }

  /**
   * Processes deliveries one after the other. What is not acknowledged yet is given back at the first failure, by
   * throwing; of what is acknowledged already nothing comes again, so the rest is processed all the same.
   */
  async all(
    deliveries: readonly Delivery[],
    attempts: readonly number[],
    heartbeat: () => Promise<void>,
  ): Promise<void> {
    const { effects, stops, stop } = this.#parts;
    if (effects === undefined && stops.none) return;
    const givesBack = this.#work.commit === 'after';
    let beatAtMs = performance.now();
    for (const [index, delivery] of deliveries.entries()) {
      if ((delivery.flags & strangers) !== 0) continue; // nobody can say what its effect would be
      if (givesBack && stop.aborted) throw new Error('the rest is given back: this consumer ends');
      try {
        await this.#one(delivery, attempts[index] ?? 1);
      } catch (error) {
        this.#failed(delivery, attempts[index] ?? 1, error);
        if (givesBack) throw error;
      }
      if (performance.now() - beatAtMs < heartbeatEveryMs) continue;
      await heartbeat();
      beatAtMs = performance.now();
    }
  }

  async #one(delivery: Delivery, attempt: number): Promise<void> {
    const { effects, journal, stops } = this.#parts;
    const message = effectMessage(delivery);
    await stops.visit('after receive', message);
    if (effects === undefined) {
      await stops.visit('before effect', message);
      await stops.visit('after effect', message);
      return;
    }
    const effect = await effects.apply(message, stops.visit);
    const { groupNumber: group, session } = this.#work;
    journal.append({ kind: 'effect', producer: message.producer, seq: message.seq, group, session, attempt, effect });
  }

  #failed({ producer, seq }: Delivery, attempt: number, error: unknown): void {
    const { groupNumber: group, session } = this.#work;
    this.#parts.journal.append({ kind: 'processingFailed', producer, seq, group, session, attempt });
    this.#told += 1;
    if (this.#told <= mostTold) process.stderr.write(`${producer}#${seq}: ${messageOf(error)}\n`);
  }
}

function effectMessage({ producer, seq, partition, position, epoch }: Delivery): EffectMessage {
  const place = {
    partition,
    ...(position === undefined ? {} : { position }),
    ...(epoch === undefined ? {} : { epoch }),
  };
  return { producer, seq, key: keyOf({ producer, seq }), version: seq, place };
}
