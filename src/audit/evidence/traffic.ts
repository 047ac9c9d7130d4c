/** Whether a fault met anybody: one that hits an idle cluster is injected and healed, and shows nothing. */
import { type Arrays, heap } from '../../loops/arrays.ts';
import type { History } from '../history/history.ts';
import type { FaultAudit } from '../windows/faults.ts';

const buckets = 1 << 14;
/** Of a bucket's width, a power of two: 2^20 ns are about a millisecond. */
const firstWidthBits = 20;
/** What a fault that kills producers met is what they did just before. */
const beforeNs = 1e9;

/** Buckets of time in which something happened; they double in width when the run outgrows them. */
export class Instants {
  /** Times below this one have a bucket. Grows by `reach`. */
  endNs = buckets * 2 ** firstWidthBits;
  readonly #marks: Uint8Array;
  #widthBits = firstWidthBits;
  /** Buckets a nanosecond: exact, the inverse of a power of two. */
  #perNs = 2 ** -firstWidthBits;

  constructor(arrays: Arrays = heap) {
    this.#marks = arrays.uint8(buckets);
  }

  /** For the loop over receipts. */
  get settings() {
    return { instants: this.#marks, widthBits: this.#widthBits, endNs: this.endNs };
  }

  /** Makes room for a time; `mark` takes none beyond `endNs`. */
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

/** Marks the faults that met no traffic. What journals lack may have been traffic: then nobody can say. */
export function markIdle(history: History, faults: readonly FaultAudit[]): void {
  const { evidence, record, sends, receipts } = history;
  if (!evidence.producersWhole) return;
  const rolesOf = ({ targets }: FaultAudit) =>
    record.workers.filter(({ name }) => targets.some((id) => isOf(name, id))).map((worker) => worker.role);
  for (const fault of faults) {
    if (fault.injectingNs === undefined) continue;
    const roles = rolesOf(fault);
    const fromNs = fault.injectingNs - (roles.includes('producer') ? beforeNs : 0);
    const toNs = fault.healedNs ?? Number.POSITIVE_INFINITY;
    const consumed = roles.includes('consumer') && (!evidence.consumersWhole || receipts.times.any(fromNs, toNs));
    if (!consumed && !sends.ackTimes.busy(fromNs, toNs)) fault.idle = true;
  }
}

/** `p1.2` is an incarnation of the worker `p1`; who acts on the worker acts on whichever there is. */
function isOf(name: string, worker: string): boolean {
  return name === worker || name.startsWith(`${worker}.`);
}
