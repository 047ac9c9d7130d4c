/**
 * The gaps between acks: times in which attempts were made in a partition and none was acked. Journals are read one
 * after another, so times come unsorted. Each bucket of time keeps its first and last ack, its first attempt, and when
 * the attempts that began in it ended. So every gap longer than a bucket is exact. Buckets double in width when a run
 * outgrows them, so that memory stays the same.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';
import type { Settings } from '../../loops/loop.ts';

const totalBuckets = 1 << 19;
const mostBuckets = 1 << 14;
const fewestBuckets = 1 << 7;
/** The first width of a bucket is 2 ** firstWidthBits ns: about a millisecond. */
const firstWidthBits = 20;
const never = Number.POSITIVE_INFINITY;

/**
 * The columns of a bucket: its first and last ack, its first attempt, and the latest end of the attempts that began in
 * it, by any outcome and by their producer's death. Times are in nanoseconds; -1 or `never` if there is none.
 */
const [firstAck, lastAck, firstTry, answered, died, columns] = [0, 1, 2, 3, 4, 5];

export interface Gap {
  readonly partition: number;
  /** The time of the last ack if an attempt was unanswered then, else of the first attempt after it. */
  readonly fromNs: number;
  readonly toNs: number;
  /** The time of the last ack before the gap; `fromNs` if the partition had none. */
  readonly silentNs: number;
  /** Attempts went on, and no ack came again until the records end. */
  readonly open: boolean;
}

export class AckTimes {
  /** Some ack named no partition, so that all partitions are judged as one. */
  placeless = false;
  readonly partitions: number;
  /** Times below this one have a bucket; `reach` raises it. */
  endNs: number;
  readonly #buckets: number;
  #widthBits = firstWidthBits;
  /** Buckets per nanosecond. It is exact, because it is the inverse of a power of two. */
  #perNs = 2 ** -firstWidthBits;
  /** By bucket, then by partition: a journal is in the order of time, so that its next cells are in the CPU's cache. */
  readonly #cells: Float64Array;
  readonly #lastAttempt: Float64Array;

  /** There are buckets for times up to `lastNs` from the start. */
  constructor(partitions: number, arrays: Arrays = heap, lastNs = 0) {
    this.partitions = Math.max(1, partitions);
    let buckets = mostBuckets;
    while (buckets > fewestBuckets && buckets * this.partitions > totalBuckets) buckets /= 2;
    this.#buckets = buckets;
    this.endNs = buckets * 2 ** firstWidthBits;
    while (lastNs >= this.endNs) this.#widen();
    this.#cells = arrays.float64(buckets * this.partitions * columns);
    clear(this.#cells, 0, this.#cells.length);
    this.#lastAttempt = arrays.float64(this.partitions).fill(-1);
  }

  /** Settings for the WebAssembly loop over sends. */
  get settings(): Settings {
    const { partitions, endNs } = this;
    return {
      ...{ cells: this.#cells, lastAttempts: this.#lastAttempt, partitions },
      ...{ placeless: this.placeless ? 1 : 0, widthBits: this.#widthBits, endNs },
    };
  }

  /** Makes room for a time. The other methods must not be given a time at or beyond `endNs`. */
  reach(atNs: number): void {
    while (atNs >= this.endNs) this.#coarsen();
  }

  attempt(partition: number, atNs: number): void {
    const row = partition < this.partitions ? partition : 0;
    if (atNs > (this.#lastAttempt[row] as number)) this.#lastAttempt[row] = atNs;
    const cells = this.#cells;
    const at = this.#at(partition, atNs) + firstTry;
    if (atNs < (cells[at] as number)) cells[at] = atNs;
  }

  ack(partition: number, atNs: number): void {
    if (partition >= this.partitions) this.placeless = true;
    const cells = this.#cells;
    const at = this.#at(partition, atNs);
    if (atNs < (cells[at + firstAck] as number)) cells[at + firstAck] = atNs;
    if (atNs > (cells[at + lastAck] as number)) cells[at + lastAck] = atNs;
  }

  /** An attempt that began at `beganNs` had an outcome, whichever. */
  answered(partition: number, beganNs: number, atNs: number): void {
    const cells = this.#cells;
    const at = this.#at(partition, beganNs) + answered;
    if (atNs > (cells[at] as number)) cells[at] = atNs;
  }

  /** The journal ended before the attempt had an outcome: from then on nobody waited for one. */
  abandoned(partition: number, beganNs: number, atNs: number): void {
    const at = this.#at(partition, beganNs) + died;
    if (atNs > (this.#cells[at] as number)) this.#cells[at] = atNs;
  }

  /**
   * Visits the gaps between acks that span buckets, partition by partition, in the order of time. Leaves out gaps that
   * have ended and lasted no longer than `ignoredMs()`, which is asked once for each partition.
   */
  eachGap(visit: (gap: Gap) => void, ignoredMs: () => number = () => 0): void {
    if (this.placeless) this.#mergeRows();
    const rows = this.placeless ? 1 : this.partitions;
    for (let partition = 0; partition < rows; partition += 1) {
      for (const gap of this.#gapsOf(partition, ignoredMs() * 1e6)) visit(gap);
    }
  }

  /** Whether an attempt was in flight or an ack came within [fromNs, toNs], to the precision of a bucket. */
  busy(fromNs: number, toNs: number): boolean {
    const cells = this.#cells;
    const stride = this.partitions * columns;
    const lastBucket = Math.min(this.#buckets - 1, Math.floor(toNs * this.#perNs));
    for (let at = (lastBucket + 1) * stride - columns; at >= 0; at -= columns) {
      const tryNs = cells[at + firstTry] as number;
      if (Math.min(tryNs, cells[at + firstAck] as number) > toNs) continue;
      const endNs = Math.max(cells[at + lastAck] as number, cells[at + answered] as number, cells[at + died] as number);
      if (endNs >= fromNs || (tryNs >= fromNs && tryNs <= toNs)) return true;
    }
    return false;
  }

  #gapsOf(partition: number, ignoredNs: number): Gap[] {
    const gaps: Gap[] = [];
    const cells = this.#cells;
    const stride = this.partitions * columns;
    // when the current gap began, the last ack, and when attempts last ended: by an outcome, by their producer's death
    let [fromNs, ackNs, answeredNs, diedNs] = [-1, -1, -1, -1];
    for (let at = partition * columns; at < cells.length; at += stride) {
      const tryNs = cells[at + firstTry] as number;
      const acked = (cells[at + lastAck] as number) >= 0;
      if (tryNs !== never && !(acked && tryNs > (cells[at + firstAck] as number))) {
        // A producer that died does not wait for an ack: the gap ends with it. After a failed attempt the gap goes on.
        if (diedNs > answeredNs && tryNs > diedNs) {
          addGap(gaps, ignoredNs, partition, fromNs, diedNs, ackNs);
          fromNs = -1;
        }
        if (fromNs < 0) fromNs = tryNs;
      }
      if (acked) addGap(gaps, ignoredNs, partition, fromNs, cells[at + firstAck] as number, ackNs);
      answeredNs = Math.max(answeredNs, cells[at + answered] as number);
      diedNs = Math.max(diedNs, cells[at + died] as number);
      if (!acked) continue;
      ackNs = cells[at + lastAck] as number;
      if (Math.max(answeredNs, diedNs) > ackNs) fromNs = ackNs;
      else fromNs = tryNs !== never && tryNs > ackNs ? tryNs : -1;
    }
    const lastNs = this.#lastAttempt[partition] as number;
    if (diedNs > answeredNs) addGap(gaps, ignoredNs, partition, fromNs, diedNs, ackNs);
    else if (lastNs > ackNs) addGap(gaps, ignoredNs, partition, fromNs, Math.max(lastNs, fromNs), ackNs, true);
    return gaps;
  }

  /** The index of the bucket's first column. Times are below 2^48, so that the index fits 32 bits. */
  #at(partition: number, atNs: number): number {
    const row = partition < this.partitions ? partition : 0;
    return Math.imul(Math.imul((atNs * this.#perNs) | 0, this.partitions) + row, columns);
  }

  #widen(): void {
    this.#widthBits += 1;
    this.#perNs /= 2;
    this.endNs = this.#buckets * 2 ** this.#widthBits;
  }

  #coarsen(): void {
    this.#widen();
    const cells = this.#cells;
    const stride = this.partitions * columns;
    for (let from = 0, to = 0; from < cells.length; from += stride * 2, to += stride) {
      cells.copyWithin(to, from, from + stride);
      for (let at = 0; at < stride; at += columns) merge(cells, to + at, from + stride + at);
    }
    clear(cells, cells.length / 2, cells.length);
  }

  #mergeRows(): void {
    const stride = this.partitions * columns;
    for (let row = columns; row < stride; row += columns) {
      for (let at = 0; at < this.#cells.length; at += stride) merge(this.#cells, at, at + row);
    }
    this.#lastAttempt[0] = Math.max(...this.#lastAttempt);
  }
}

/**
 * Adds a gap, except if none began (`fromNs` is negative), or if it has ended and lasted no longer than `ignoredNs`.
 */
function addGap(
  gaps: Gap[],
  ignoredNs: number,
  partition: number,
  fromNs: number,
  toNs: number,
  ackNs: number,
  open = false,
): void {
  if (fromNs < 0 || (!open && toNs - fromNs <= ignoredNs)) return;
  gaps.push({ partition, fromNs, toNs, silentNs: ackNs < 0 ? fromNs : ackNs, open });
}

function clear(cells: Float64Array, from: number, to: number): void {
  for (let at = from; at < to; at += columns) {
    cells[at + firstAck] = never;
    cells[at + lastAck] = -1;
    cells[at + firstTry] = never;
    cells[at + answered] = -1;
    cells[at + died] = -1;
  }
}

/** Merges the bucket at `from` into the one at `to`. */
function merge(cells: Float64Array, to: number, from: number): void {
  cells[to + firstAck] = Math.min(cells[to + firstAck] as number, cells[from + firstAck] as number);
  cells[to + lastAck] = Math.max(cells[to + lastAck] as number, cells[from + lastAck] as number);
  cells[to + firstTry] = Math.min(cells[to + firstTry] as number, cells[from + firstTry] as number);
  cells[to + answered] = Math.max(cells[to + answered] as number, cells[from + answered] as number);
  cells[to + died] = Math.max(cells[to + died] as number, cells[from + died] as number);
}
