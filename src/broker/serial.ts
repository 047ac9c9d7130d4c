/** Runs pieces of work one after the other: each begins when the one before it has ended, even if that one failed. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after everything that was handed in before it, and settles as `work` does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    // Only the caller hears of a failure; the next piece of work runs all the same.
    this.#last = run.catch(() => {});
    return run;
  }

  /** Settles when everything that was handed in so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
