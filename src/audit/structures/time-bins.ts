/**
 * Counts over time, in at most `mostBins` bins of equal width. Bins double in width when a run outgrows them, so that
 * memory stays the same however long it lasts, and sums stay exact. A bin may also have a histogram of latencies, in
 * logarithmic buckets with 3 bits of mantissa: a percentile is the middle of its bucket, at most 6 % off.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';
import { bucketOf, type Histogram, lowest } from './histogram.ts';

export const mostBins = 1 << 10;
const mantissaBits = 3;
/** How many buckets a latency below 2^32 µs can fall into. */
const buckets = (32 - mantissaBits + 1) << mantissaBits;

export class TimeBins {
  /** Times below this one have a bin; `cover` raises it. */
  endNs: number;
  readonly counters: number;
  /** A row a bin: the counters, then the histogram. */
  readonly #cells: Uint32Array;
  readonly #columns: number;
  /** Bins per nanosecond. It is exact, because it is the inverse of a power of two. */
  #perNs: number;

  /**
   * Each bin has so many counters. There are bins for times below `endNs`, a power of two of at least
   * `mostBins`, and up to `lastNs`.
   */
  constructor(counters: number, withLatency: boolean, endNs: number, arrays: Arrays = heap, lastNs = 0) {
    this.counters = counters;
    this.endNs = endNs;
    while (this.endNs <= lastNs) this.endNs *= 2;
    this.#perNs = mostBins / this.endNs;
    this.#columns = counters + (withLatency ? buckets : 0);
    this.#cells = arrays.uint32(mostBins * this.#columns);
  }

  /** The width of a bin in nanoseconds, a power of two. */
  get widthNs(): number {
    return this.endNs / mostBins;
  }

  /** Settings for the WebAssembly loops, whose rows have the counters first and the histogram behind them. */
  get settings(): { readonly bins: Uint32Array; readonly binBits: number } {
    return { bins: this.#cells, binBits: Math.log2(this.widthNs) };
  }

  /** Widens the bins until they end at `endNs`, a power of two. */
  cover(endNs: number): void {
    while (this.endNs < endNs) this.#coarsen();
  }

  count(counter: number, atNs: number, by: 1 | -1 = 1): void {
    const at = this.#row(atNs) + counter;
    this.#cells[at] = (this.#cells[at] as number) + by;
  }

  latency(atNs: number, valueUs: number): void {
    const at = this.#row(atNs) + this.counters + bucketOf(valueUs, mantissaBits);
    this.#cells[at] = (this.#cells[at] as number) + 1;
  }

  /** The values of one counter, a number a bin. */
  column(counter: number): number[] {
    return Array.from({ length: mostBins }, (_, bin) => this.#cells[bin * this.#columns + counter] as number);
  }

  /**
   * Percentiles of each of the first `bins` bins; undefined for one without latencies. `all` has the latencies of all of
   * them, so that only buckets that any of them can be in are looked at.
   */
  latencies(bins: number, all: Histogram): (BinLatency | undefined)[] {
    const [lowUs, highUs] = all.range();
    const low = Math.max(1, bucketOf(lowUs, mantissaBits)); // a latency of 0 means that it was not measured
    const high = bucketOf(highUs, mantissaBits);
    return Array.from({ length: bins }, (_, bin) => {
      const first = bin * this.#columns + this.counters;
      return latencyOf(this.#cells, first + low, first + high, first);
    });
  }

  #row(atNs: number): number {
    return ((atNs * this.#perNs) | 0) * this.#columns;
  }

  #coarsen(): void {
    this.endNs *= 2;
    this.#perNs /= 2;
    const cells = this.#cells;
    const columns = this.#columns;
    for (let to = 0; to < mostBins / 2; to += 1) {
      for (let column = 0; column < columns; column += 1) {
        const from = to * 2 * columns + column;
        cells[to * columns + column] = (cells[from] as number) + (cells[from + columns] as number);
      }
    }
    cells.fill(0, (mostBins / 2) * columns);
  }
}

/** Microseconds: the middles of the buckets. */
export interface BinLatency {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** Of the histogram that begins at `first`, whose buckets outside of [from, to] are empty. */
function latencyOf(cells: Uint32Array, from: number, to: number, first: number): BinLatency | undefined {
  let count = 0;
  for (let at = from; at <= to; at += 1) count += cells[at] as number;
  if (count === 0) return undefined;
  const half = Math.ceil(count * 0.5);
  const most = Math.ceil(count * 0.99);
  let [p50, p99, max, seen] = [0, 0, 0, 0];
  for (let at = from; seen < count; at += 1) {
    seen += cells[at] as number;
    if (p50 === 0 && seen >= half) p50 = at;
    if (p99 === 0 && seen >= most) p99 = at;
    max = at;
  }
  return { p50Us: middle(p50 - first), p99Us: middle(p99 - first), maxUs: middle(max - first) };
}

function middle(bucket: number): number {
  return Math.floor((lowest(bucket, mantissaBits) + lowest(bucket + 1, mantissaBits)) / 2);
}
