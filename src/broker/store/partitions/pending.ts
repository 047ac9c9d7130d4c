const limit = 64;

/**
 * Values that count once the log is protected up to their position, oldest first. Of many, some are left out: what is
 * shown then moves in larger steps, but never too far, and the newest is always kept.
 */
export class Pending<T> {
  #marks: Mark<T>[] = [];

  get isEmpty(): boolean {
    return this.#marks.length === 0;
  }

  /** The last that was added, if it was not taken out yet. */
  get newest(): { readonly value: T } | undefined {
    return this.#marks.at(-1);
  }

  add(position: number, value: T): void {
    this.#marks.push({ position, value });
    if (this.#marks.length <= limit) return;
    const newest = this.#marks.length - 1;
    this.#marks = this.#marks.filter((_, index) => (newest - index) % 2 === 0);
  }

  /** Takes out all up to the position and returns the newest of them. */
  take(position: number): { readonly value: T } | undefined {
    const left = this.#marks.findIndex((mark) => mark.position > position);
    return this.#marks.splice(0, left < 0 ? this.#marks.length : left).at(-1);
  }
}

interface Mark<T> {
  readonly position: number;
  readonly value: T;
}
