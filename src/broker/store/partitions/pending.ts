const limit = 64;

/**
 * Values that become valid when the log is protected up to their positions, oldest first. If there are many, every second
 * one is dropped, but never the newest: the valid value then changes in larger steps, but never too early.
 */
export class Pending<T> {
  #marks: Mark<T>[] = [];

  get isEmpty(): boolean {
    return this.#marks.length === 0;
  }

  /** The value that was added last, unless it was taken out already. */
  get newest(): { readonly value: T } | undefined {
    return this.#marks.at(-1);
  }

  add(position: number, value: T): void {
    this.#marks.push({ position, value });
    if (this.#marks.length <= limit) return;
    const newest = this.#marks.length - 1;
    this.#marks = this.#marks.filter((_, index) => (newest - index) % 2 === 0);
  }

  /** Takes out all values up to the position, and returns the newest of them. */
  take(position: number): { readonly value: T } | undefined {
    const left = this.#marks.findIndex((mark) => mark.position > position);
    return this.#marks.splice(0, left < 0 ? this.#marks.length : left).at(-1);
  }
}

interface Mark<T> {
  readonly position: number;
  readonly value: T;
}
