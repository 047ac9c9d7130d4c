/**
 * Takes messages whose processing failed out of the way: a copy to the group's retry topic, after the last try to its dead
 * letter topic. A move is done when the broker has acknowledged the copy and that is on record; only then may the message
 * itself be acknowledged, so that it is always in one of the places, and now and then in two.
 */

import type { RunClock } from '../journal/clock.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { OutgoingMessage, ProducerClient } from '../products/driver.ts';
import { pause } from '../wait.ts';
import type { ConsumerWork, RedeliveryByCopies } from './config.ts';
import { encodeCopy } from './copy.ts';
import type { Stops } from './stops.ts';
import { effectMessage, type Task } from './task.ts';

/** For all tries of sending one copy. */
const patienceMs = 30_000;
const retryEveryMs = 100;

export interface MovesParts {
  readonly tag: number;
  readonly retry: ProducerClient;
  /** Absent: after the last try a message is dropped. */
  readonly dead?: ProducerClient;
  readonly journal: JournalWriter;
  readonly clock: RunClock;
  readonly stops: Stops;
  /** Aborted when the worker is to end, and what is not settled goes back to the broker. */
  readonly stop: AbortSignal;
}

export class Moves {
  readonly #work: ConsumerWork;
  readonly #redelivery: RedeliveryByCopies;
  readonly #parts: MovesParts;
  /** Sends so far: each is an attempt of its own to the driver. */
  #sends = 0;

  constructor(work: ConsumerWork, redelivery: RedeliveryByCopies, parts: MovesParts) {
    this.#work = work;
    this.#redelivery = redelivery;
    this.#parts = parts;
  }

  /** @throws Error when no copy was acknowledged in time: the message is where it was. */
  async move(task: Task): Promise<void> {
    const { retry, dead, clock, journal } = this.#parts;
    const { attempts, delayMs } = this.#redelivery;
    const { delivery, attempt } = task;
    const again = attempt <= attempts;
    const client = again ? retry : dead;
    if (client === undefined) return; // dropped; that it failed is on record
    journal.flush(); // the failure is on record before anything follows from it
    await this.#visit('before move', task);
    await this.#send(client, task, again ? attempt + 1 : attempt, again ? clock() + delayMs * 1e6 : clock());
    const { groupNumber: group, session } = this.#work;
    const by = { producer: delivery.producer, seq: delivery.seq, group, session, attempt };
    journal.append(again ? { kind: 'redeliveryScheduled', ...by, delayMs } : { kind: 'deadLettered', ...by });
    await this.#visit('after move', task);
  }

  async #send(client: ProducerClient, task: Task, attempt: number, dueAtNs: number): Promise<void> {
    const { clock, stop } = this.#parts;
    const endMs = performance.now() + patienceMs;
    for (;;) {
      const result = await client.send(this.#copyOf(task, attempt, dueAtNs, clock()));
      if (result.outcome === 'acked') return;
      const why = 'reason' in result ? result.reason : result.outcome;
      if (stop.aborted) throw new Error(`not moved (${why}): this consumer ends`);
      if (performance.now() >= endMs) throw new Error(`not moved within ${patienceMs / 1000} s: ${why}`);
      await pause(retryEveryMs, stop);
    }
  }

  #copyOf({ delivery, place, value }: Task, attempt: number, dueAtNs: number, sentAtNs: number): OutgoingMessage {
    this.#sends = (this.#sends + 1) & 0xffff;
    const { producer, seq } = delivery;
    const identity = { producer, seq, send: this.#sends, sentAtNs };
    const bytes = encodeCopy(this.#parts.tag, identity, { attempt, place, dueAtNs, value });
    return { producer, seq, attempt: this.#sends, partition: place.partition, value: bytes };
  }

  async #visit(point: 'before move' | 'after move', { delivery, place }: Task): Promise<void> {
    const { stops } = this.#parts;
    if (!stops.none) await stops.visit(point, effectMessage(delivery, place));
  }
}
