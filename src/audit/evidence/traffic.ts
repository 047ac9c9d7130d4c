/**
 * Whether anything was sent or received while a fault was in force: a fault that hits an idle cluster shows nothing.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';
import type { Settings } from '../../loops/loop.ts';
import type { History } from '../history/history.ts';
import type { FaultAudit } from '../windows/faults.ts';
import { sides } from '../windows/sides.ts';

const buckets = 1 << 14;
/** The first width of a bucket is 2 ** firstWidthBits ns: about a millisecond. */
const firstWidthBits = 20;
/** A fault that kills the producers is not idle if they sent something this shortly before it. */
const beforeNs = 1e9;

/** The buckets of time in which something happened. Buckets double in width when a run outgrows them. */
export class Instants {
  /** Times below this one have a bucket; `reach` raises it. */
  endNs = buckets * 2 ** firstWidthBits;
  readonly #marks: Uint8Array;
  #widthBits = firstWidthBits;
  /** Buckets per nanosecond. It is exact, because it is the inverse of a power of two. */
  #perNs = 2 ** -firstWidthBits;

  constructor(arrays: Arrays = heap) {
    this.#marks = arrays.uint8(buckets);
  }

  /** Settings for the WebAssembly loop over receipts. */
  get settings(): Settings {
    return { instants: this.#marks, widthBits: this.#widthBits, endNs: this.endNs };
  }

  /** Makes room for a time. `mark` must not be given a time at or beyond `endNs`. */
  reach(atNs: number): void {
    while (atNs >= this.endNs) this.#coarsen();
  }

  mark(atNs: number): void {
    this.#marks[(atNs * this.#perNs) | 0] = 1;
  }

  any(fromNs: number, toNs: number): boolean {
    const first = Math.max(0, Math.floor(fromNs * this.#perNs));
    const found = this.#marks.indexOf(1, first);
    return found >= 0 && found <= toNs * this.#perNs;
  }

  #coarsen(): void {
    this.#widthBits += 1;
    this.#perNs /= 2;
    this.endNs = buckets * 2 ** this.#widthBits;
    const marks = this.#marks;
    for (let to = 0; to < buckets / 2; to += 1) marks[to] = (marks[to * 2] as number) | (marks[to * 2 + 1] as number);
    marks.fill(0, buckets / 2);
  }
}

/** Marks the faults that met no traffic; none if records of a producer are missing, which may have been traffic. */
export function markIdle(history: History, faults: readonly FaultAudit[]): void {
  const { evidence, sends, receipts } = history;
  if (!evidence.producersWhole) return;
  for (const fault of faults) {
    if (fault.injectingNs === undefined) continue;
    const fromNs = fault.injectingNs - ((fault.sides & sides.producers) === 0 ? 0 : beforeNs);
    const toNs = fault.healedNs ?? Number.POSITIVE_INFINITY;
    const hitsConsumers = (fault.sides & sides.consumers) !== 0;
    const consumed = hitsConsumers && (!evidence.receiptsWhole || receipts.times.any(fromNs, toNs));
    if (!consumed && !sends.ackTimes.busy(fromNs, toNs)) fault.idle = true;
  }
}
