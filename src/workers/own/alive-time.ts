/**
 * Time in which this process runs. A worker that is paused stands still with whoever counts its deadlines: what it has not
 * answered when both go on is not late by the time that they slept.
 */
const stepMs = 25;
/** A step that took longer than this was slept through, or the machine was. */
const longestStepMs = 100;

export class AliveTime implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();
  #nowMs = 0;

  /** @param step called every 25 ms, once all that has come meanwhile was taken. */
  constructor(step: () => void) {
    this.#timer = setInterval(() => {
      this.#count();
      setImmediate(step); // an answer may be waiting in the pipe: let it be read first
    }, stepMs);
  }

  get nowMs(): number {
    this.#count();
    return this.#nowMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #count(): void {
    const nowMs = performance.now();
    this.#nowMs += Math.min(nowMs - this.#lastMs, longestStepMs);
    this.#lastMs = nowMs;
  }
}
