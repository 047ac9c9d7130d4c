/**
 * What records name, as numbers: a topic and a partition as one partition of the journals, which know no topics; groups,
 * sessions, producers. Where no record names a topic, partitions keep their own numbers.
 */
import { none16 } from '../event.ts';

export interface Route {
  readonly topic?: string;
  readonly partition?: number;
}

/** Numbers for names, in the order in which they come; `none16` for those beyond the most. */
export class Numbers {
  readonly names: string[] = [];
  /** Some name had no number left. */
  full = false;
  readonly #most: number;
  readonly #numbers = new Map<string, number>();
  #lastName: string | undefined;
  #last = 0;

  constructor(most: number) {
    this.#most = most;
  }

  of(name: string): number {
    if (name === this.#lastName) return this.#last;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      if (this.names.length >= this.#most) {
        this.full = true;
        return none16;
      }
      number = this.names.length;
      // a copy: a piece of a line would keep the whole chunk that the line came in
      const own = Buffer.from(name, 'utf16le').toString('utf16le');
      this.names.push(own);
      this.#numbers.set(own, number);
    }
    this.#lastName = this.names[number];
    this.#last = number;
    return number;
  }
}

/** A journal's header takes no more. */
const mostRoutes = none16 - 1;
const nowhere = none16 * 65536 + none16;

export class Routes {
  readonly #topics: Numbers;
  readonly #numbers = new Map<number, number>();
  readonly #routes: Route[] = [];
  #partitions = 0;
  #last = nowhere;

  constructor(topics: Numbers) {
    this.#topics = topics;
  }

  /** How many partitions the journals have, at least 1. */
  get count(): number {
    const count = this.#topics.names.length === 0 ? this.#partitions : this.#routes.length;
    return Math.min(mostRoutes, Math.max(1, count));
  }

  /** First of all records. @throws Error for more topics and partitions than journals have partitions. */
  see(topic: number, partition: number): void {
    const key = topic * 65536 + partition;
    if (key === this.#last) return;
    this.#last = key;
    if (key === nowhere || this.#numbers.has(key)) return;
    if (this.#routes.length >= mostRoutes) throw new Error(`more than ${mostRoutes} topics and partitions`);
    this.#numbers.set(key, this.#routes.length);
    const name = this.#topics.names[topic];
    this.#routes.push({
      ...(name === undefined ? {} : { topic: name }),
      ...(partition === none16 ? {} : { partition }),
    });
    if (partition !== none16) this.#partitions = Math.max(this.#partitions, partition + 1);
  }

  /** Then the journals' partition for a topic's number and its partition; `none16` where there is neither. */
  of(topic: number, partition: number): number {
    return this.#topics.names.length === 0 ? partition : (this.#numbers.get(topic * 65536 + partition) ?? none16);
  }

  /** What a partition of the journals was called; undefined where it keeps its number. */
  nameOf(number: number): Route | undefined {
    return this.#topics.names.length === 0 ? undefined : this.#routes[number];
  }
}
