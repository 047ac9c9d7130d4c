/** What was published on one channel and is not answered yet, by the number that both ends count (rabbitmq.com/docs/confirms). */
import type { Claim } from '../../../link/wire/rule-book.ts';

export interface Published {
  readonly tag: number;
  /** The rule that has taken it. */
  readonly claim?: Claim;
}

export class Confirms {
  /** In the order in which they were published. */
  readonly #open = new Map<number, Published>();
  #next = 1;
  /** Some answer was withheld: one to several publishes would give it away, and is told one by one from then on. */
  hasLost = false;

  get open(): number {
    return this.#open.size;
  }

  /** The number of the publish that comes next. */
  get next(): number {
    return this.#next;
  }

  published(claim: Claim | undefined): void {
    const tag = this.#next;
    this.#next += 1;
    this.#open.set(tag, claim === undefined ? { tag } : { tag, claim });
  }

  /** What an answer is about, which is no longer open then. */
  answered(tag: number, multiple: boolean): Published[] {
    const found: Published[] = [];
    if (multiple) {
      for (const one of this.#open.values()) {
        if (tag !== 0 && one.tag > tag) break;
        found.push(one);
      }
    } else {
      const one = this.#open.get(tag);
      if (one !== undefined) found.push(one);
    }
    for (const one of found) this.#open.delete(one.tag);
    return found;
  }

  /** The channel or its connection is gone: nothing that was not answered ever is. */
  end(): void {
    for (const { claim } of this.#open.values()) claim?.abandon();
    this.#open.clear();
  }
}
