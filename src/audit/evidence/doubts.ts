/**
 * What the reads leave open. A message is provably absent from the log only if every partition that it was sent to was
 * read to its end after the message was settled, and retention cannot have taken it: the read began at position 0, or
 * at or before the position of its ack.
 */

import { none16, noPosition } from '../../journal/event.ts';
import type { Arrays } from '../../loops/arrays.ts';
import type { PartitionRead } from '../history/stored.ts';

export class Doubts {
  readonly #attempt: Uint8Array;
  readonly #fromPosition: Float64Array;
  readonly #readAtNs: Float64Array;
  readonly #allComplete: boolean;
  /** First positions that are left of partitions that retention has cut. */
  readonly #left = new Map<number, number>();

  /** `sameClock`: times of the reader and of the producers are of one boot. */
  constructor(reads: ReadonlyMap<number, PartitionRead>, partitions: number, sameClock: boolean, arrays: Arrays) {
    this.#attempt = arrays.uint8(65536).fill(1);
    this.#fromPosition = arrays.float64(65536).fill(Number.POSITIVE_INFINITY);
    this.#readAtNs = arrays.float64(65536).fill(-1);
    let complete = 0;
    for (const read of reads.values()) {
      if (read.from > 0) this.#left.set(read.partition, read.from);
      if (!read.complete || !sameClock) continue;
      complete += 1;
      this.#attempt[read.partition] = read.from > 0 ? 1 : 0;
      this.#fromPosition[read.partition] = read.from;
      this.#readAtNs[read.partition] = read.atNs;
    }
    this.#allComplete = complete >= partitions;
    if (!this.#allComplete) return;
    // wherever an ack without a partition put it, there all was read
    this.#fromPosition[none16] = 0;
    this.#readAtNs[none16] = Number.POSITIVE_INFINITY;
  }

  /** For the loop over sends. */
  get settings() {
    return {
      doubting: this.aging ? 2 : 1,
      ...{ attemptDoubts: this.#attempt, readAtNs: this.#readAtNs, fromPosition: this.#fromPosition },
    };
  }

  get aging(): boolean {
    return this.#left.size > 0;
  }

  /** Retention may have taken what was acked there. */
  isAged(partition: number, position: number): boolean {
    if (partition === none16) return this.aging;
    const from = this.#left.get(partition) ?? 0;
    return from > 0 && (position === noPosition || position < from);
  }

  ofAttempt(partition: number): boolean {
    return this.#attempt[partition] === 1;
  }

  ofAck(partition: number, position: number, atNs: number): boolean {
    if (atNs > (this.#readAtNs[partition] as number)) return true;
    const from = this.#fromPosition[partition] as number;
    return from > 0 && (position === noPosition || position < from);
  }

  /** Whether an ack without doubt clears the attempt's: then only retention was in question. */
  get clears(): boolean {
    return this.#allComplete;
  }
}
