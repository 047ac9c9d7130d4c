import type { Timer } from '../../../../src/broker/world/world.ts';

interface Due {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * Virtual time, and everything that is due in it, in the order of time and then of asking. Between two callbacks all
 * promises that can settle do, so that a run depends on nothing but what was asked, and when.
 */
export class Time {
  #nowMs = 0;
  #asked = 0;
  /** A binary heap: what is due first is at the front. */
  readonly #due: Due[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  /** How many callbacks have been asked for. */
  get asked(): number {
    return this.#asked;
  }

  after(delayMs: number, callback: () => void): Timer {
    this.#asked += 1;
    const due: Due = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#asked, callback };
    this.#rise(due);
    return {
      cancel: () => {
        due.callback = undefined;
      },
    };
  }

  /** Lets time pass until nothing is due, or `untilMs`, or `over` says so. */
  async pass(untilMs: number, over: () => boolean = () => false): Promise<void> {
    await settled();
    while (!over()) {
      const next = this.#due[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
      this.#takeFirst();
      const { callback } = next;
      if (callback === undefined) continue;
      this.#nowMs = next.atMs;
      callback();
      await settled();
    }
  }

  #rise(due: Due): void {
    const heap = this.#due;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above] as Due;
      if (isBefore(other, due)) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = due;
  }

  #takeFirst(): void {
    const heap = this.#due;
    const last = heap.pop() as Due;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Due, heap[below] as Due)) below += 1;
      const other = heap[below] as Due;
      if (isBefore(last, other)) break;
      heap[at] = other;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** Resolves when every promise that can settle without a callback of ours has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
