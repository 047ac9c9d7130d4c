/** How many messages may have been begun by now at a given rate. */
const backlogMs = 100;

export class Pace {
  readonly #perMs: number | undefined;
  #fromMs = 0;

  /** @param ratePerSecond absent: no limit. */
  constructor(ratePerSecond: number | undefined) {
    this.#perMs = ratePerSecond === undefined ? undefined : ratePerSecond / 1000;
  }

  start(): void {
    this.#fromMs = performance.now();
  }

  /** A sender that was held up makes up for at most 100 ms, not for the whole outage: rates stay rates. */
  allowed(begun: number): number {
    if (this.#perMs === undefined) return Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    const due = (nowMs - this.#fromMs) * this.#perMs;
    // the one is for the fraction of a message that is not due yet: cutting it off would slow down slow rates
    const most = begun + 1 + backlogMs * this.#perMs;
    if (due > most) this.#fromMs = nowMs - most / this.#perMs;
    return Math.floor(Math.min(due, most));
  }
}
