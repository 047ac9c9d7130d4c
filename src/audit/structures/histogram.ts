/**
 * A histogram of latencies in logarithmic buckets with 10 bits of mantissa. The error is 0.1 % at most, and it takes 96
 * KiB however many values there are. Values are whole microseconds below 2^32.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';

const mantissaBits = 10;
const buckets = (32 - mantissaBits + 1) << mantissaBits;

export class Histogram {
  readonly counts: Uint32Array;

  constructor(arrays: Arrays = heap) {
    this.counts = arrays.uint32(buckets);
  }

  add(valueUs: number): void {
    const at = bucketOf(valueUs);
    this.counts[at] = (this.counts[at] as number) + 1;
  }

  /** Undefined when no latency was measured. */
  percentiles(): Percentiles | undefined {
    let count = 0;
    for (const each of this.counts) count += each;
    if (count === this.counts[0]) return undefined; // a latency of 0 means that it was not measured
    const at = (share: number): number => this.#atRank(Math.ceil(count * share));
    return { count, p50Us: at(0.5), p95Us: at(0.95), p99Us: at(0.99), p999Us: at(0.999), maxUs: at(1) };
  }

  /** The lowest and the highest latency that was measured, to 0.1 %; [0, 0] if none was. */
  range(): [lowUs: number, highUs: number] {
    const of = (bucket: number): number => (bucket < 0 ? 0 : lowest(bucket));
    return [of(this.counts.findIndex((count, at) => at > 0 && count > 0)), of(this.#last())];
  }

  #last(): number {
    let at = buckets - 1;
    while (at > 0 && this.counts[at] === 0) at -= 1;
    return at;
  }

  #atRank(rank: number): number {
    let seen = 0;
    for (let at = 0; at < buckets; at += 1) {
      seen += this.counts[at] as number;
      if (seen >= rank) return lowest(at);
    }
    return lowest(buckets - 1);
  }
}

/**
 * Percentiles of latency in microseconds. Each is the lower bound of its bucket, at most 0.1 % below the exact value.
 */
export interface Percentiles {
  readonly count: number;
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

/** The bucket of a value: exact where the mantissa holds it, else logarithmic. */
export function bucketOf(value: number, bits = mantissaBits): number {
  if (value < 2 << bits) return value;
  const shift = 31 - bits - Math.clz32(value);
  return (shift << bits) + (value >>> shift);
}

/** The lowest value of a bucket. */
export function lowest(bucket: number, bits = mantissaBits): number {
  if (bucket < 2 << bits) return bucket;
  const shift = (bucket >>> bits) - 1;
  return ((bucket & ((1 << bits) - 1)) | (1 << bits)) * 2 ** shift;
}
