import { indexRecordBytes, type QueuedBatch, recordAt } from './index-record.ts';

/** How many records a chunk has. An index is held in memory and read from the disk in chunks, of 4 KiB each. */
export const chunkLength = 128;
const fullChunkBytes = chunkLength * indexRecordBytes;
const firstChunkBytes = 8 * indexRecordBytes;
/** How many of the newest chunks stay in memory, so that consumers at the end of a partition never wait for the disk. */
const keptChunks = 2;

/** The newest chunks of an index, in memory. All but the last are full. */
export class RecentChunks {
  readonly #chunks: Buffer[] = [];
  /** The number of the first chunk that is here. */
  #from = 0;

  /**
   * @param length how many records the index has
   * @param tail the records from the beginning of the chunk `tailFrom(length)` on
   */
  constructor(length = 0, tail: Buffer = Buffer.alloc(0)) {
    if (tail.length === 0) return;
    this.#from = tailFrom(length);
    for (let at = 0; at < tail.length; at += fullChunkBytes) {
      this.#chunks.push(Buffer.from(tail.subarray(at, at + fullChunkBytes)));
    }
  }

  /** The index of the first record that is here. */
  get firstIndex(): number {
    return this.#from * chunkLength;
  }

  /** The chunk of that number, if it is here. */
  chunk(number: number): Buffer | undefined {
    return this.#chunks[number - this.#from];
  }

  /**
   * The chunk that takes the next record, at byte `at`. It grows as it fills, so that small partitions take little memory.
   */
  room(at: number): Buffer {
    if (at === 0) this.#chunks.push(Buffer.alloc(firstChunkBytes));
    const last = this.#chunks.at(-1);
    if (last === undefined) throw new Error('index without a chunk');
    if (at < last.length) return last;
    const grown = Buffer.alloc(Math.min(Math.max(at, firstChunkBytes) * 4, fullChunkBytes));
    last.copy(grown, 0, 0, at);
    this.#chunks[this.#chunks.length - 1] = grown;
    return grown;
  }

  /** Whether the last batch for which `isTrue` holds is here; `isTrue` must hold for all batches before that one. */
  holdsLast(isTrue: (batch: QueuedBatch) => boolean): boolean {
    const first = this.#chunks[0];
    return this.#from === 0 || (first !== undefined && isTrue(recordAt(first, 0)));
  }

  /** The index of the last batch for which `isTrue` holds, of `length` in all; that of the one before the first if none. */
  last(isTrue: (batch: QueuedBatch) => boolean, length: number): number {
    let low = this.firstIndex - 1;
    let high = length - 1;
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2);
      const chunk = this.chunk(Math.floor(middle / chunkLength));
      if (chunk === undefined) throw new Error('index without its newest chunks');
      if (isTrue(recordAt(chunk, (middle % chunkLength) * indexRecordBytes))) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The bytes of the records from one index up to another, chunk by chunk, as views. */
  records(from: number, until: number): Buffer[] {
    const found: Buffer[] = [];
    for (let index = from; index < until; ) {
      const number = Math.floor(index / chunkLength);
      const first = number * chunkLength;
      const end = Math.min(until, first + chunkLength);
      const chunk = this.chunk(number);
      if (chunk === undefined) throw new Error('index without records that are not written yet');
      found.push(chunk.subarray((index - first) * indexRecordBytes, (end - first) * indexRecordBytes));
      index = end;
    }
    return found;
  }

  /** Drops old chunks of which all records are among the first `written`, which the file has. */
  drop(written: number): void {
    while (this.#chunks.length > keptChunks && this.firstIndex + chunkLength <= written) {
      this.#chunks.shift();
      this.#from += 1;
    }
  }
}

/** The number of the first chunk that an index of that length holds in memory. */
export function tailFrom(length: number): number {
  return Math.max(0, Math.ceil(length / chunkLength) - keptChunks);
}
