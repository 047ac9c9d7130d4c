import { wokenWithin } from './waiting.ts';
import type { Clock } from './world/world.ts';

/** Wakes those who wait for something to change; they look for themselves whether it has. */
export class Bell {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** The next ring, or the end of the time. */
  next(timeoutMs: number): Promise<void> {
    return wokenWithin(this.#clock, timeoutMs, (wake) => {
      this.#waiting.add(wake);
      return () => this.#waiting.delete(wake);
    });
  }

  /** Waits until `condition` holds, looking at every ring and every `againMs`; false if it did not in time. */
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
