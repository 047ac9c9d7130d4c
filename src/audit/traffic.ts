/** Whether a fault met anybody: one that hits an idle cluster is injected and healed, and shows nothing. */
import type { FaultAudit } from './faults.ts';
import type { History } from './history.ts';

const buckets = 1 << 14;
/** About a millisecond; a power of two, so that its inverse is exact. */
const firstWidthNs = 2 ** 20;
/** What a fault that kills producers met is what they did just before. */
const beforeNs = 1e9;

/** Buckets of time in which something happened; they double in width when the run outgrows them. */
export class Instants {
  readonly #marks = new Uint8Array(buckets);
  #perNs = Number.NaN;

  /** Times below this one have a bucket. */
  endNs = Number.NaN;

  constructor() {
    this.#setWidth(firstWidthNs);
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

  /** Called in the constructor too: a field that was never changed is a constant in V8's compiled loops, until it is. */
  #setWidth(widthNs: number): void {
    this.#perNs = 1 / widthNs;
    this.endNs = buckets * widthNs;
  }

  #coarsen(): void {
    this.#setWidth(2 / this.#perNs);
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
