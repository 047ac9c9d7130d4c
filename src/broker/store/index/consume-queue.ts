import { Serial } from '../../serial.ts';
import type { IndexFiles } from './index-files.ts';
import { indexRecordBytes, putRecord, type QueuedBatch, recordAt, sealRecords } from './index-record.ts';

/** How many records a chunk has. An index is held in memory and read from the disk in chunks, of 4 KiB each. */
export const chunkLength = 128;
const firstChunkLength = 8;
/** How many of the newest chunks stay in memory, so that consumers at the end of a partition never wait for the disk. */
const keptChunks = 2;

/** How far an index goes. Together with its file, this is all that is needed to resume it. */
export interface QueueState {
  /** Number of batches. */
  readonly length: number;
  /** The offset that the next record gets. */
  readonly end: number;
}

/**
 * The index of one partition, from offsets to places in the commit log (RocketMQ's ConsumeQueue). It is derived from the
 * log and kept in a file that is only appended to. Its newest part is in memory; older parts are read when they are
 * needed. Every start derives anew what comes after the last checkpoint, whatever the file holds there.
 */
export class ConsumeQueue {
  /** Distinguishes the chunks of this index from those of other indexes in the shared cache. */
  readonly id: number;
  readonly path: string;
  readonly #files: IndexFiles;
  readonly #writes = new Serial();
  /** The chunks from number `#recentFrom` on. All but the last are full. */
  readonly #recent: Buffer[] = [];
  #recentFrom = 0;
  #length = 0;
  #end = 0;
  #newestMs = Number.NEGATIVE_INFINITY;
  /** How many records are in the file, and how many of them survive a power cut. */
  #written = 0;
  #synced = 0;
  #abandoned = false;

  /** @param tail when an index is resumed: its newest records, from the beginning of a chunk on */
  constructor(files: IndexFiles, id: number, path: string, state: QueueState = { length: 0, end: 0 }, tail?: Buffer) {
    this.#files = files;
    this.id = id;
    this.path = path;
    this.#length = state.length;
    this.#end = state.end;
    this.#written = state.length;
    this.#synced = state.length;
    if (tail === undefined || tail.length === 0) return;
    this.#recentFrom = tailFrom(state.length);
    for (let at = 0; at < tail.length; at += chunkLength * indexRecordBytes) {
      this.#recent.push(Buffer.from(tail.subarray(at, at + chunkLength * indexRecordBytes)));
    }
    this.#newestMs = recordAt(tail, tail.length - indexRecordBytes).newestMs;
  }

  /** The offset that the next record gets. */
  get end(): number {
    return this.#end;
  }

  /** Number of batches. */
  get length(): number {
    return this.#length;
  }

  get isAbandoned(): boolean {
    return this.#abandoned;
  }

  push(position: number, sizeBytes: number, count: number, maxTimestampMs: number): void {
    this.#newestMs = Math.max(this.#newestMs, maxTimestampMs);
    const at = (this.#length % chunkLength) * indexRecordBytes;
    putRecord(this.#room(at), at, { baseOffset: this.#end, position, sizeBytes, newestMs: this.#newestMs });
    this.#length += 1;
    this.#end += count;
    if (this.#length % chunkLength === 0) this.#files.filled(this);
  }

  /** The batch at an index; undefined at the end. Throws `damaged-index` if the file is damaged there. */
  at(index: number): QueuedBatch | undefined | Promise<QueuedBatch> {
    if (index >= this.#length) return undefined;
    const number = Math.floor(index / chunkLength);
    const at = (index % chunkLength) * indexRecordBytes;
    const chunk = this.#recent[number - this.#recentFrom] ?? this.#files.chunk(this, number);
    return chunk instanceof Promise ? chunk.then((late) => recordAt(late, at)) : recordAt(chunk, at);
  }

  /** The index of the batch that holds the offset. For an offset at or after the end it is the length. */
  find(offset: number): number | Promise<number> {
    return offset >= this.#end ? this.#length : this.#last(({ baseOffset }) => baseOffset <= offset);
  }

  /** Does what `find` does, but is undefined where that would have to read the disk. */
  findInMemory(offset: number): number | undefined {
    const found = this.#holds(({ baseOffset }) => baseOffset <= offset) ? this.find(offset) : undefined;
    return typeof found === 'number' ? found : undefined;
  }

  /** The index of the first batch that has a record of that time or later. If none has, it is the length. */
  findTime(timestampMs: number): number | Promise<number> {
    if (this.#newestMs < timestampMs) return this.#length;
    const before = this.#last(({ newestMs }) => newestMs < timestampMs, -1);
    return before instanceof Promise ? before.then((index) => index + 1) : before + 1;
  }

  /** Writes the first `length` records to the file. */
  write(length: number): Promise<void> {
    return this.#writes.run(() => this.#writeUpTo(length));
  }

  /** Makes the first `length` records survive a power cut. */
  async sync(length: number): Promise<void> {
    await this.write(length);
    const written = this.#written;
    if (this.#synced >= length) return;
    await this.#files.use(this, (file) => file.sync());
    this.#synced = written;
  }

  /** Ends the use of this index: when this settles, nothing writes its file any more. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await this.#writes.idle();
  }

  /** The chunk that the next record goes to. It grows as it fills, so that small partitions take little memory. */
  #room(at: number): Buffer {
    if (at === 0) this.#recent.push(Buffer.alloc(firstChunkLength * indexRecordBytes));
    const last = this.#recent.at(-1);
    if (last === undefined) throw new Error('consume queue without a chunk');
    if (at < last.length) return last;
    const grown = Buffer.alloc(Math.min(Math.max(at, firstChunkLength * indexRecordBytes) * 4, fullChunkBytes));
    last.copy(grown, 0, 0, at);
    this.#recent[this.#recent.length - 1] = grown;
    return grown;
  }

  /**
   * The index of the last batch for which `isTrue` holds; it must hold for all batches before that one as well. Searches
   * in memory if that batch is there, else on the disk.
   */
  #last(isTrue: (batch: QueuedBatch) => boolean, none = 0): number | Promise<number> {
    return this.#holds(isTrue) ? this.#lastInMemory(isTrue, none) : this.#lastOnDisk(isTrue, none);
  }

  /** Whether the last batch for which `isTrue` holds is in memory. */
  #holds(isTrue: (batch: QueuedBatch) => boolean): boolean {
    const first = this.#recent[0];
    return this.#recentFrom === 0 || (first !== undefined && isTrue(recordAt(first, 0)));
  }

  #lastInMemory(isTrue: (batch: QueuedBatch) => boolean, none: number): number {
    let low = this.#recentFrom * chunkLength - 1;
    let high = this.#length - 1;
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2);
      const chunk = this.#recent[Math.floor(middle / chunkLength) - this.#recentFrom];
      if (chunk === undefined) throw new Error('consume queue without its newest chunks');
      if (isTrue(recordAt(chunk, (middle % chunkLength) * indexRecordBytes))) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, none);
  }

  async #lastOnDisk(isTrue: (batch: QueuedBatch) => boolean, none: number): Promise<number> {
    let low = -1;
    let high = this.#recentFrom * chunkLength - 1;
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2);
      const batch = await this.at(middle);
      if (batch !== undefined && isTrue(batch)) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, none);
  }

  async #writeUpTo(length: number): Promise<void> {
    const from = this.#written;
    if (from >= length || this.#abandoned) return;
    const records: Buffer[] = [];
    for (let index = from; index < length; ) {
      const number = Math.floor(index / chunkLength);
      const until = Math.min(length, (number + 1) * chunkLength);
      const first = number * chunkLength;
      const chunk = this.#recent[number - this.#recentFrom];
      if (chunk === undefined) throw new Error('consume queue without what is not written yet');
      records.push(chunk.subarray((index - first) * indexRecordBytes, (until - first) * indexRecordBytes));
      index = until;
    }
    for (const some of records) sealRecords(some);
    await this.#files.use(this, (file) => file.write(Buffer.concat(records), from * indexRecordBytes));
    this.#written = length;
    while (this.#recent.length > keptChunks && (this.#recentFrom + 1) * chunkLength <= length) {
      this.#recent.shift();
      this.#recentFrom += 1;
    }
  }
}

const fullChunkBytes = chunkLength * indexRecordBytes;

/** The number of the first chunk that an index of that length holds in memory. */
export function tailFrom(length: number): number {
  return Math.max(0, Math.ceil(length / chunkLength) - keptChunks);
}
