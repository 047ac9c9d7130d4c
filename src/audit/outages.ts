/**
 * Times in which a partition was asked and did not ack. Journals are read one after another, so times come unsorted:
 * each bucket of time keeps its first and last ack, its first attempt, and when the attempts begun in it ended, which
 * makes every gap longer than a bucket exact. Buckets double in width when the run outgrows them; memory stays as it was.
 */
const totalBuckets = 1 << 19;
const mostBuckets = 1 << 14;
const fewestBuckets = 1 << 7;
/** About a millisecond; a power of two, so that its inverse is exact. */
const firstWidthNs = 2 ** 20;

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
  readonly #buckets: number;
  #perNs = 1 / firstWidthNs;
  readonly #first: Float64Array;
  readonly #last: Float64Array;
  readonly #firstTry: Float64Array;
  /** Index: bucket in which an attempt began. Latest end by an outcome, whichever; and by its producer's death. */
  readonly #answered: Float64Array;
  readonly #died: Float64Array;
  readonly #lastAttempt: Float64Array;

  constructor(partitions: number) {
    this.partitions = Math.max(1, partitions);
    let buckets = mostBuckets;
    while (buckets > fewestBuckets && buckets * this.partitions > totalBuckets) buckets /= 2;
    this.#buckets = buckets;
    const size = buckets * this.partitions;
    this.#first = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
    this.#last = new Float64Array(size).fill(-1);
    this.#firstTry = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
    this.#answered = new Float64Array(size).fill(-1);
    this.#died = new Float64Array(size).fill(-1);
    this.#lastAttempt = new Float64Array(this.partitions).fill(-1);
  }

  attempt(partition: number, atNs: number): void {
    const row = this.#row(partition);
    if (atNs > (this.#lastAttempt[row] as number)) this.#lastAttempt[row] = atNs;
    const at = this.#at(row, atNs);
    if (atNs < (this.#firstTry[at] as number)) this.#firstTry[at] = atNs;
  }

  ack(partition: number, atNs: number): void {
    if (partition >= this.partitions) this.placeless = true;
    const at = this.#at(this.#row(partition), atNs);
    if (atNs < (this.#first[at] as number)) this.#first[at] = atNs;
    if (atNs > (this.#last[at] as number)) this.#last[at] = atNs;
  }

  /** An attempt had its outcome, an ack or not. */
  answered(partition: number, beganNs: number, atNs: number): void {
    raise(this.#answered, this.#at(this.#row(partition), beganNs), atNs);
  }

  /** The journal ended before an outcome came: nobody waited for it any more. */
  abandoned(partition: number, beganNs: number, atNs: number): void {
    raise(this.#died, this.#at(this.#row(partition), beganNs), atNs);
  }

  /** Every gap between acks that spans buckets, partition by partition, in time order. */
  eachGap(visit: (gap: Gap) => void): void {
    if (this.placeless) this.#mergeRows();
    const rows = this.placeless ? 1 : this.partitions;
    for (let partition = 0; partition < rows; partition += 1) this.#gapsOf(partition, visit);
  }

  /** Whether any attempt was in flight, or any ack came, within [fromNs, toNs]; to a bucket of time. */
  busy(fromNs: number, toNs: number): boolean {
    for (let at = 0; at < this.#first.length; at += 1) {
      const tryNs = this.#firstTry[at] as number;
      if (Math.min(tryNs, this.#first[at] as number) > toNs) continue;
      const endNs = Math.max(this.#last[at] as number, this.#answered[at] as number, this.#died[at] as number);
      if (endNs >= fromNs || (tryNs >= fromNs && tryNs <= toNs)) return true;
    }
    return false;
  }

  #gapsOf(partition: number, visit: (gap: Gap) => void): void {
    let fromNs = -1; // nobody is waiting
    let ackNs = -1;
    let answeredNs = -1;
    let diedNs = -1;
    const close = (toNs: number, open = false): void => {
      if (fromNs >= 0 && (open || toNs > fromNs))
        visit({ partition, fromNs, toNs, silentNs: ackNs < 0 ? fromNs : ackNs, open });
      fromNs = -1;
    };
    const attempted = (atNs: number): void => {
      // Failures go on until the next ack; what nobody waits for does not.
      if (diedNs > answeredNs && atNs > diedNs) close(diedNs);
      if (fromNs < 0) fromNs = atNs;
    };
    const start = partition * this.#buckets;
    for (let at = start; at < start + this.#buckets; at += 1) {
      const tryNs = this.#firstTry[at] as number;
      const acked = (this.#last[at] as number) >= 0;
      if (tryNs !== Number.POSITIVE_INFINITY && !(acked && tryNs > (this.#first[at] as number))) attempted(tryNs);
      if (acked) close(this.#first[at] as number);
      answeredNs = Math.max(answeredNs, this.#answered[at] as number);
      diedNs = Math.max(diedNs, this.#died[at] as number);
      if (!acked) continue;
      ackNs = this.#last[at] as number;
      if (Math.max(answeredNs, diedNs) > ackNs) fromNs = ackNs;
      else if (tryNs !== Number.POSITIVE_INFINITY && tryNs > ackNs) fromNs = tryNs;
    }
    const lastNs = this.#lastAttempt[partition] as number;
    if (diedNs > answeredNs) close(diedNs);
    else if (lastNs > ackNs) close(Math.max(lastNs, fromNs), true);
  }

  #row(partition: number): number {
    return partition < this.partitions ? partition : 0;
  }

  #at(row: number, atNs: number): number {
    let bucket = Math.floor(atNs * this.#perNs);
    while (bucket >= this.#buckets) {
      this.#coarsen();
      bucket = Math.floor(atNs * this.#perNs);
    }
    return row * this.#buckets + bucket;
  }

  #coarsen(): void {
    this.#perNs /= 2;
    for (const least of [this.#first, this.#firstTry]) this.#halve(least, Math.min, Number.POSITIVE_INFINITY);
    for (const most of [this.#last, this.#answered, this.#died]) this.#halve(most, Math.max, -1);
  }

  #halve(column: Float64Array, merge: (one: number, two: number) => number, nothing: number): void {
    for (let row = 0; row < this.partitions; row += 1) {
      const start = row * this.#buckets;
      const half = start + this.#buckets / 2;
      for (let to = start; to < half; to += 1) {
        const from = start + (to - start) * 2;
        column[to] = merge(column[from] as number, column[from + 1] as number);
      }
      column.fill(nothing, half, start + this.#buckets);
    }
  }

  #mergeRows(): void {
    for (let row = 1; row < this.partitions; row += 1) {
      for (let bucket = 0; bucket < this.#buckets; bucket += 1) {
        const at = row * this.#buckets + bucket;
        for (const least of [this.#first, this.#firstTry]) {
          least[bucket] = Math.min(least[bucket] as number, least[at] as number);
        }
        for (const most of [this.#last, this.#answered, this.#died]) raise(most, bucket, most[at] as number);
      }
      raise(this.#lastAttempt, 0, this.#lastAttempt[row] as number);
    }
  }
}

function raise(column: Float64Array, at: number, value: number): void {
  if (value > (column[at] as number)) column[at] = value;
}
