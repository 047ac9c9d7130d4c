/** Lets the loop over gaps pass those by of which each fault that overlaps them is known to have made one as long. */
import type { Loop } from '../../loops/loop.ts';
import type { Loops } from '../../loops/loops.ts';
import { type FaultAudit, faultColumns } from './faults.ts';
import type { Wait } from './outages.ts';

type Handle = { value: number };

export class GapLoop {
  readonly #loop: Loop;
  readonly #wait: Readonly<Record<keyof Wait, Handle>>;
  readonly #strideBytes: Handle;
  readonly #usual: Readonly<Handle>;
  readonly #longestNs: Float64Array;

  constructor(loops: Loops, faults: readonly FaultAudit[]) {
    const { faultHeldNs: _, ...columns } = faultColumns(faults, loops);
    this.#loop = loops.gaps;
    this.#longestNs = loops.float64(faults.length).fill(-1);
    this.#loop.set({ ...columns, longestNs: this.#longestNs });
    this.#wait = {
      fromNs: this.#loop.setting('fromNs'),
      ackNs: this.#loop.setting('ackNs'),
      answeredNs: this.#loop.setting('answeredNs'),
      diedNs: this.#loop.setting('diedNs'),
    };
    this.#strideBytes = this.#loop.setting('strideBytes');
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
    this.#wait.fromNs.value = wait.fromNs;
    this.#wait.ackNs.value = wait.ackNs;
    this.#wait.answeredNs.value = wait.answeredNs;
    this.#wait.diedNs.value = wait.diedNs;
    this.#strideBytes.value = stride * 8;
    const first = cells.byteOffset;
    const at = this.#loop.call(first + from * 8, first + cells.length * 8);
    wait.fromNs = this.#wait.fromNs.value;
    wait.ackNs = this.#wait.ackNs.value;
    wait.answeredNs = this.#wait.answeredNs.value;
    wait.diedNs = this.#wait.diedNs.value;
    return (at - first) / 8;
  }
}
