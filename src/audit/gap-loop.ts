/** Lets the loop over gaps pass those by that are no news: no fault is known to have made a shorter one only. */
import type { Loop } from '../loops/loop.ts';
import type { Loops } from '../loops/loops.ts';
import type { FaultAudit } from './faults.ts';
import type { Wait } from './outages.ts';

const settings = ['fromNs', 'ackNs', 'answeredNs', 'diedNs'] as const;

export class GapLoop {
  readonly #loop: Loop;
  readonly #wait: Readonly<Record<keyof Wait, { value: number }>>;
  readonly #usual: { readonly value: number };
  readonly #longestNs: Float64Array;

  constructor(loops: Loops, faults: readonly FaultAudit[]) {
    const columnOf = (of: (fault: FaultAudit) => number): Float64Array => {
      const column = loops.float64(faults.length);
      column.set(faults.map(of));
      return column;
    };
    this.#loop = loops.gaps;
    this.#longestNs = columnOf(() => -1);
    this.#loop.set({
      faults: faults.length,
      faultFromNs: columnOf(({ injectingNs }) => injectingNs ?? Number.POSITIVE_INFINITY),
      faultToNs: columnOf(({ healedNs }) => healedNs ?? Number.POSITIVE_INFINITY),
      longestNs: this.#longestNs,
    });
    this.#wait = {
      fromNs: this.#loop.setting('fromNs'),
      ackNs: this.#loop.setting('ackNs'),
      answeredNs: this.#loop.setting('answeredNs'),
      diedNs: this.#loop.setting('diedNs'),
    };
    this.#usual = this.#loop.setting('usualNs');
  }

  /** The longest gap that no fault overlaps, of those that were passed by; nanoseconds. */
  get usualNs(): number {
    return this.#usual.value;
  }

  /** A fault is known to have made a gap of this length. */
  made(fault: number, lengthNs: number): void {
    this.#longestNs[fault] = Math.max(this.#longestNs[fault] as number, lengthNs);
  }

  /** Takes a partition's buckets as far as they are no news, and `wait` with them; returns the first that it left. */
  skip(cells: Float64Array, from: number, stride: number, wait: Wait): number {
    for (const name of settings) this.#wait[name].value = wait[name];
    this.#loop.set({ strideBytes: stride * 8 });
    const first = cells.byteOffset;
    const at = this.#loop.call(first + from * 8, first + cells.length * 8);
    for (const name of settings) wait[name] = this.#wait[name].value;
    return (at - first) / 8;
  }
}
