/**
 * Times in which a partition was asked and did not ack. Journals are read one after another, so times come unsorted:
 * each bucket of time keeps its first and last ack, its first attempt, and when the attempts begun in it ended, which
 * makes every gap longer than a bucket exact. Buckets double in width when the run outgrows them; memory stays as it was.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';

const totalBuckets = 1 << 19;
const mostBuckets = 1 << 14;
const fewestBuckets = 1 << 7;
/** Of a bucket's width, a power of two: 2^20 ns are about a millisecond. */
const firstWidthBits = 20;
const never = Number.POSITIVE_INFINITY;

/**
 * Columns of a bucket: its first and last ack, its first attempt, and the latest end of the attempts that began in it,
 * by an outcome, whichever, or by their producer's death. Times in nanoseconds; -1 or `never` where there is none.
 */
const [firstAck, lastAck, firstTry, answered, died, columns] = [0, 1, 2, 3, 4, 5];

export interface Gap {
  readonly partition: number;
  /** The last ack if an attempt was unanswered then, else the first attempt after it. */
  readonly fromNs: number;
  readonly toNs: number;
  /** The last ack before it; of a partition that had none, `fromNs`. */
  readonly silentNs: number;
  /** Attempts went on, and no ack came again. */
  readonly open: boolean;
}

export class AckTimes {
  /** Acks that name no partition were seen: partitions are judged together. */
  placeless = false;
  readonly partitions: number;
  /** Times below this one have a bucket. Grows by `reach`. */
  endNs: number;
  readonly #buckets: number;
  #widthBits = firstWidthBits;
  /** Buckets a nanosecond: exact, the inverse of a power of two. */
  #perNs = 2 ** -firstWidthBits;
  /** By time, then by partition: a journal is read in the order of its times, so that its next cells are in the cache. */
  readonly #cells: Float64Array;
  readonly #lastAttempt: Float64Array;

  /** `lastNs`: a time for which there is room from the start. */
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

  /** For the loop over sends. */
  get settings() {
    const { partitions, endNs } = this;
    return {
      ...{ cells: this.#cells, lastAttempts: this.#lastAttempt, partitions },
      ...{ placeless: this.placeless ? 1 : 0, widthBits: this.#widthBits, endNs },
    };
  }

  /** Makes room for a time: none at or beyond `endNs` may be given to the others. */
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

  /** An attempt had its outcome, an ack or not. */
  answered(partition: number, beganNs: number, atNs: number): void {
    const cells = this.#cells;
    const at = this.#at(partition, beganNs) + answered;
    if (atNs > (cells[at] as number)) cells[at] = atNs;
  }

  /** The journal ended before an outcome came: nobody waited for it any more. */
  abandoned(partition: number, beganNs: number, atNs: number): void {
    const at = this.#at(partition, beganNs) + died;
    if (atNs > (this.#cells[at] as number)) this.#cells[at] = atNs;
  }

  /**
   * Visits the gaps between acks that span buckets, partition by partition, in the order of time. Leaves out gaps that have
   * ended and lasted no longer than `ignoredMs()`, which is asked once for each partition.
   */
  eachGap(visit: (gap: Gap) => void, ignoredMs: () => number = () => 0): void {
    if (this.placeless) this.#mergeRows();
    const rows = this.placeless ? 1 : this.partitions;
    for (let partition = 0; partition < rows; partition += 1) {
      for (const gap of this.#gapsOf(partition, ignoredMs() * 1e6)) visit(gap);
    }
  }

  /** Whether any attempt was in flight, or any ack came, within [fromNs, toNs]; to a bucket of time. */
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
    // since when somebody waits, the last ack, the last ends of attempts by an outcome and by their producer's death
    let [fromNs, ackNs, answeredNs, diedNs] = [-1, -1, -1, -1];
    for (let at = partition * columns; at < cells.length; at += stride) {
      const tryNs = cells[at + firstTry] as number;
      const acked = (cells[at + lastAck] as number) >= 0;
      if (tryNs !== never && !(acked && tryNs > (cells[at + firstAck] as number))) {
        // A producer that died waits no more: its gap ends with it. A failed attempt's gap goes on until the next ack.
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

  /** First column of the bucket; times are below 2^48, so that their bucket fits 32 bits. */
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

/** Adds a gap unless nobody waited (`fromNs` is negative), or it has ended and lasted no longer than `ignoredNs`. */
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
