import { wokenWithin } from './waiting.ts';
import type { Clock } from './world/world.ts';

/** Wakes everyone who waits for a change. Whether what they wait for has happened, they check themselves. */
export class Bell {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Settles at the next ring, or when the time is over. */
  next(timeoutMs: number): Promise<void> {
    return wokenWithin(this.#clock, timeoutMs, (wake) => {
      this.#waiting.add(wake);
      return () => this.#waiting.delete(wake);
    });
  }

  /** Waits until `condition` holds; checks it at every ring and every `againMs`. False if it did not hold in time. */
  async until(condition: () => boolean, timeoutMs: number, againMs = timeoutMs): Promise<boolean> {
    const deadlineMs = this.#clock.nowMs() + timeoutMs;
    while (!condition()) {
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (leftMs <= 0) return false;
      await this.next(Math.min(leftMs, againMs));
    }
    return true;
  }
}
