/**
 * WAIT for many sends at once. WAIT is about everything that its connection has written before, and no command of that
 * connection is carried out while it waits; so there is one at a time, and it speaks for all sends before it.
 *
 * WAIT is no guarantee: it says that so many replicas have it in memory now. A replica that is promoted later need not be
 * one of them, nor have kept it (redis.io/commands/wait, "Consistency and WAIT").
 */
import { within } from '../../../wait.ts';
import type { Link } from './link.ts';

/** A server that is paused and goes on still answers, within a fault's length. */
const lateMs = 60_000;

/** How many replicas have it; undefined: no answer. */
export type Copies = number | undefined;

export class CopyWaits {
  readonly #link: Link;
  readonly #replicas: number;
  readonly #waitMs: number;
  #waiting: ((copies: Copies) => void)[] = [];
  #running = false;

  constructor(link: Link, replicas: number, waitMs: number) {
    this.#link = link;
    this.#replicas = replicas;
    this.#waitMs = waitMs;
  }

  /** For everything that was called on this connection until now. Settles when the connection ends, at the latest. */
  ask(): Promise<Copies> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    await Promise.resolve(); // sends of one turn share one WAIT
    while (this.#waiting.length > 0) {
      const asked = this.#waiting;
      this.#waiting = [];
      const copies = await this.#once();
      for (const resolve of asked) resolve(copies);
    }
    this.#running = false;
  }

  async #once(): Promise<Copies> {
    if (!this.#link.open) return undefined;
    try {
      const answer = this.#link.call(['WAIT', this.#replicas, this.#waitMs]);
      return Number(await within(answer, { boundMs: this.#waitMs + lateMs, signal: this.#link.ended }));
    } catch {
      return undefined;
    }
  }
}
