import { crc32 } from 'node:zlib';
import { Serial } from '../../serial.ts';
import type { IndexFiles } from './index-files.ts';
import { indexRecordBytes, putRecord, type QueuedBatch, recordAt, sealRecords } from './index-record.ts';
import { chunkLength, RecentChunks } from './recent-chunks.ts';

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
  /** Begins the checksums of its records in the file. */
  readonly seal: number;
  readonly #files: IndexFiles;
  readonly #writes = new Serial();
  readonly #recent: RecentChunks;
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
    this.seal = crc32(path);
    this.#length = state.length;
    this.#end = state.end;
    this.#written = state.length;
    this.#synced = state.length;
    this.#recent = new RecentChunks(state.length, tail);
    if (tail === undefined || tail.length === 0) return;
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
    putRecord(this.#recent.room(at), at, { baseOffset: this.#end, position, sizeBytes, newestMs: this.#newestMs });
    this.#length += 1;
    this.#end += count;
    if (this.#length % chunkLength === 0) this.#files.filled(this);
  }

  /** The batch at an index; undefined at the end. Throws `damaged-index` if the file is damaged there. */
  at(index: number): QueuedBatch | undefined | Promise<QueuedBatch> {
    if (index >= this.#length) return undefined;
    const number = Math.floor(index / chunkLength);
    const at = (index % chunkLength) * indexRecordBytes;
    const chunk = this.#recent.chunk(number) ?? this.#files.chunk(this, number);
    return chunk instanceof Promise ? chunk.then((late) => recordAt(late, at)) : recordAt(chunk, at);
  }

  /** The index of the batch that holds the offset. For an offset at or after the end it is the length. */
  find(offset: number): number | Promise<number> {
    return offset >= this.#end ? this.#length : this.#last(({ baseOffset }) => baseOffset <= offset);
  }

  /** Does what `find` does, but is undefined where that would have to read the disk. */
  findInMemory(offset: number): number | undefined {
    const found = this.#recent.holdsLast(({ baseOffset }) => baseOffset <= offset) ? this.find(offset) : undefined;
    return typeof found === 'number' ? found : undefined;
  }

  /** The index of the first batch that has a record of that time or later. If none has, it is the length. */
  findTime(timestampMs: number): number | Promise<number> {
    if (this.#newestMs < timestampMs) return this.#length;
    const before = this.#last(({ newestMs }) => newestMs < timestampMs, -1);
    return before instanceof Promise ? before.then((index) => index + 1) : before + 1;
  }

  /** The index of the first batch at that position of the log or behind it. If there is none, it is the length. */
  findPosition(logPosition: number): number | Promise<number> {
    const before = this.#last(({ position }) => position < logPosition, -1);
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

  /**
   * The index of the last batch for which `isTrue` holds; it must hold for all batches before that one as well. Searches
   * in memory if that batch is there, else on the disk.
   */
  #last(isTrue: (batch: QueuedBatch) => boolean, none = 0): number | Promise<number> {
    if (!this.#recent.holdsLast(isTrue)) return this.#lastOnDisk(isTrue, none);
    return Math.max(this.#recent.last(isTrue, this.#length), none);
  }

  async #lastOnDisk(isTrue: (batch: QueuedBatch) => boolean, none: number): Promise<number> {
    let low = -1;
    let high = this.#recent.firstIndex - 1;
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
    const records = this.#recent.records(from, length);
    for (const some of records) sealRecords(some, this.seal);
    await this.#files.use(this, (file) => file.write(Buffer.concat(records), from * indexRecordBytes));
    this.#written = length;
    this.#recent.drop(length);
  }
}
