/**
 * Which messages the independent reader cannot prove absent from the log. A message is provably absent only if every
 * partition that it was sent to was read to its end after the message was settled, and if retention cannot have removed
 * it: the read began at position 0, or at or before the position of its ack.
 */

import { none16, noPosition } from '../../journal/event.ts';
import type { Arrays } from '../../loops/arrays.ts';
import type { Settings } from '../../loops/loop.ts';
import type { PartitionRead } from '../history/stored.ts';

export class Doubts {
  readonly #attempt: Uint8Array;
  readonly #fromPosition: Float64Array;
  readonly #readAtNs: Float64Array;
  readonly #allComplete: boolean;
  /** By partition that retention has cut: the first position that is left. */
  readonly #left = new Map<number, number>();

  /** `sameClock`: the reader and the producers ran in one boot of one machine, so that their times compare. */
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
    // every partition was read, so also the one that a send or an ack does not name
    this.#attempt[none16] = this.aging ? 1 : 0;
    this.#fromPosition[none16] = 0;
    this.#readAtNs[none16] = Math.min(...[...reads.values()].map(({ atNs }) => atNs));
  }

  /** Settings for the WebAssembly loop over sends. */
  get settings(): Settings {
    return {
      doubting: this.aging ? 2 : 1,
      ...{ attemptDoubts: this.#attempt, readAtNs: this.#readAtNs, fromPosition: this.#fromPosition },
    };
  }

  get aging(): boolean {
    return this.#left.size > 0;
  }

  /** Whether retention may have removed a message that was acked at this place. */
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

  /** Whether an ack that leaves no doubt removes the doubt of the attempt: then only retention was in question. */
  get clears(): boolean {
    return this.#allComplete;
  }
}
