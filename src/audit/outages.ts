/**
 * Gaps between acknowledgements, per partition. Journals are read one after another, so ack times come unsorted:
 * each bucket of time keeps its first and its last ack, which makes every gap longer than a bucket exact. Buckets
 * double in width when the run outgrows them; memory stays as it was.
 */
const totalBuckets = 1 << 19;
const mostBuckets = 1 << 14;
const fewestBuckets = 1 << 7;
/** About a millisecond; a power of two, so that its inverse is exact. */
const firstWidthNs = 2 ** 20;

export interface Gap {
  readonly partition: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Attempts went on, and no ack came again. */
  readonly open: boolean;
}

export class AckTimes {
  /** Acks that name no partition were seen: partitions are judged together. */
  placeless = false;
  readonly partitions: number;
  readonly #buckets: number;
  #perNs = 1 / firstWidthNs;
  readonly #first: Float64Array;
  readonly #last: Float64Array;
  readonly #firstAttempt: Float64Array;
  readonly #lastAttempt: Float64Array;

  constructor(partitions: number) {
    this.partitions = Math.max(1, partitions);
    let buckets = mostBuckets;
    while (buckets > fewestBuckets && buckets * this.partitions > totalBuckets) buckets /= 2;
    this.#buckets = buckets;
    this.#first = new Float64Array(buckets * this.partitions).fill(Number.POSITIVE_INFINITY);
    this.#last = new Float64Array(buckets * this.partitions).fill(-1);
    this.#firstAttempt = new Float64Array(this.partitions).fill(Number.POSITIVE_INFINITY);
    this.#lastAttempt = new Float64Array(this.partitions).fill(-1);
  }

  attempt(partition: number, atNs: number): void {
    const at = partition < this.partitions ? partition : 0;
    if (atNs > (this.#lastAttempt[at] as number)) this.#lastAttempt[at] = atNs;
    if (atNs < (this.#firstAttempt[at] as number)) this.#firstAttempt[at] = atNs;
  }

  ack(partition: number, atNs: number): void {
    if (partition >= this.partitions) this.placeless = true;
    const row = partition < this.partitions ? partition : 0;
    let bucket = Math.floor(atNs * this.#perNs);
    while (bucket >= this.#buckets) {
      this.#coarsen();
      bucket = Math.floor(atNs * this.#perNs);
    }
    const at = row * this.#buckets + bucket;
    if (atNs < (this.#first[at] as number)) this.#first[at] = atNs;
    if (atNs > (this.#last[at] as number)) this.#last[at] = atNs;
  }

  /** Every gap between acks that spans buckets, partition by partition, in time order. */
  eachGap(visit: (gap: Gap) => void): void {
    if (this.placeless) this.#mergeRows();
    const rows = this.placeless ? 1 : this.partitions;
    for (let partition = 0; partition < rows; partition += 1) this.#gapsOf(partition, visit);
  }

  #gapsOf(partition: number, visit: (gap: Gap) => void): void {
    let fromNs = this.#firstAttempt[partition] as number;
    if (fromNs === Number.POSITIVE_INFINITY) return;
    const start = partition * this.#buckets;
    for (let at = start; at < start + this.#buckets; at += 1) {
      if ((this.#last[at] as number) < 0) continue;
      const toNs = this.#first[at] as number;
      if (toNs > fromNs) visit({ partition, fromNs, toNs, open: false });
      fromNs = this.#last[at] as number;
    }
    const lastAttempt = this.#lastAttempt[partition] as number;
    if (lastAttempt > fromNs) visit({ partition, fromNs, toNs: lastAttempt, open: true });
  }

  #coarsen(): void {
    this.#perNs /= 2;
    const half = this.#buckets / 2;
    for (let row = 0; row < this.partitions; row += 1) {
      const start = row * this.#buckets;
      for (let to = 0; to < this.#buckets; to += 1) {
        const from = start + to * 2;
        const [first, last] = [this.#first, this.#last];
        first[start + to] =
          to < half ? Math.min(first[from] as number, first[from + 1] as number) : Number.POSITIVE_INFINITY;
        last[start + to] = to < half ? Math.max(last[from] as number, last[from + 1] as number) : -1;
      }
    }
  }

  #mergeRows(): void {
    for (let row = 1; row < this.partitions; row += 1) {
      for (let bucket = 0; bucket < this.#buckets; bucket += 1) {
        const at = row * this.#buckets + bucket;
        this.#first[bucket] = Math.min(this.#first[bucket] as number, this.#first[at] as number);
        this.#last[bucket] = Math.max(this.#last[bucket] as number, this.#last[at] as number);
      }
      this.#firstAttempt[0] = Math.min(this.#firstAttempt[0] as number, this.#firstAttempt[row] as number);
      this.#lastAttempt[0] = Math.max(this.#lastAttempt[0] as number, this.#lastAttempt[row] as number);
    }
  }
}
