import type { Clock, Timer } from '../../../../src/broker/world/world.ts';
import type { Time } from './time.ts';

/**
 * One life of a process. What it has asked for comes while it lives: not any more once it is over, and later while it is
 * paused. Nothing has to be told to end: a promise of a dead process just never settles.
 */
export class Life implements Clock {
  readonly #time: Time;
  readonly #held: (() => void)[] = [];
  #paused = false;
  #over = false;

  constructor(time: Time) {
    this.#time = time;
  }

  get isOver(): boolean {
    return this.#over;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  nowMs(): number {
    return this.#time.nowMs();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let cancelled = false;
    const timer = this.#time.after(delayMs, () => {
      this.now(() => {
        if (!cancelled) callback();
      });
    });
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  /** Runs it unless this life is over; when it goes on, if it is paused. */
  now(callback: () => void): void {
    if (this.#over) return;
    if (this.#paused) this.#held.push(callback);
    else callback();
  }

  pause(): void {
    this.#paused = true;
  }

  /** What was held comes one after the other, each when what the one before began has settled. */
  resume(): void {
    this.#paused = false;
    for (const callback of this.#held.splice(0)) this.#time.after(0, () => this.now(callback));
  }

  end(): void {
    this.#over = true;
    this.#held.length = 0;
  }
}
