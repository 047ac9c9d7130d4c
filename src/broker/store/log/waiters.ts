import type { Clock, Timer } from '../../world/world.ts';

/** How a wait for a position ended. `failed`: the disk failed, and nobody knows what it holds. */
export type Outcome = 'reached' | 'late' | 'interrupted' | 'failed';

/** Callers that wait until something has reached a position of the log, in order of position. */
export class Waiters {
  readonly #clock: Clock;
  #waiting: Waiter[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(position: number, timeoutMs: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        resolve,
        timer: this.#clock.setTimer(timeoutMs, () => {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
          resolve('late');
        }),
      };
      // Callers come in the order of their positions, or nearly so: the search from the end is short.
      let at = this.#waiting.length;
      while (at > 0 && (this.#waiting[at - 1]?.position ?? 0) > position) at -= 1;
      this.#waiting.splice(at, 0, waiter);
    });
  }

  advance(position: number): void {
    const left = this.#waiting.findIndex((one) => one.position > position);
    settle(this.#waiting.splice(0, left < 0 ? this.#waiting.length : left), 'reached');
  }

  endAll(outcome: Outcome): void {
    settle(this.#waiting.splice(0), outcome);
  }
}

interface Waiter {
  readonly position: number;
  readonly timer: Timer;
  readonly resolve: (outcome: Outcome) => void;
}

function settle(waiters: readonly Waiter[], outcome: Outcome): void {
  for (const { timer, resolve } of waiters) {
    timer.cancel();
    resolve(outcome);
  }
}
