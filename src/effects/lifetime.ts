/** From a connection's beginning to its end: calls that are under way when it ends by itself end with it. */
export class Lifetime {
  #ended: Error | undefined;
  /** Each leaves when its call is over: a promise to race with would keep all that ever raced. */
  readonly #waiting = new Set<(error: Error) => void>();

  get underWay(): number {
    return this.#waiting.size;
  }

  end(error: Error): void {
    this.#ended ??= error;
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  /** What the work comes to; rejects with the end's error when that is first. */
  async spans<T>(work: Promise<T>): Promise<T> {
    let leave: (error: Error) => void = () => {};
    const ended = new Promise<never>((_, reject) => {
      leave = reject;
    });
    this.#waiting.add(leave);
    if (this.#ended !== undefined) leave(this.#ended);
    try {
      return await Promise.race([work, ended]);
    } finally {
      this.#waiting.delete(leave);
    }
  }
}
