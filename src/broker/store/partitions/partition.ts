import { code } from '../../wire/codes.ts';
import {
  type BatchHeader,
  leaderEpochOf,
  placeBatch,
  readBatchHeader,
  type TimedRecord,
  timesOf,
} from '../../wire/record-batch.ts';
import type { ConsumeQueue } from '../index/consume-queue.ts';
import type { CommitLog } from '../log/commit-log.ts';
import { type Entry, type EntryDraft, entryKind } from '../log/entry.ts';
import type { PartitionState } from './partition-state.ts';
import { Pending } from './pending.ts';
import { Producers } from './producers.ts';
import type { Shown, Visibility } from './visibility.ts';

export interface Appended {
  readonly errorCode: number;
  /** -1 when nothing was appended. */
  readonly baseOffset: number;
  /**
   * The producer may be answered when the log is protected up to here: the position after the batch's entry, or the end of
   * the log if the batch is a duplicate.
   */
  readonly end: number;
}

/** A record, and the leader epoch in which it was written. */
export interface FoundRecord extends TimedRecord {
  readonly leaderEpoch: number;
}

/** One partition of one topic: its index, its idempotent producers, and the consumers that wait for more records. */
export class Partition implements Shown {
  readonly topicId: string;
  readonly index: number;
  readonly #visibility: Visibility;
  readonly #waiting = new Set<() => void>();
  #queue: ConsumeQueue;
  #producers = new Producers();
  /** The offsets after those batches that are not protected yet. */
  #unshown = new Pending<number>();
  #shown = 0;
  /** The offset that the next batch gets. While a write is in progress it is ahead of the index. */
  #next = 0;
  #start = 0;
  #sizeBytes = 0;
  #deleted = false;

  /** @param queue an empty index */
  constructor(topicId: string, index: number, visibility: Visibility, queue: ConsumeQueue) {
    this.topicId = topicId;
    this.index = index;
    this.#visibility = visibility;
    this.#queue = queue;
  }

  /** Consumers see the records below this offset. It is the only place that decides that: they are protected. */
  get highWatermark(): number {
    return this.#shown;
  }

  /** The offset after the last written record. Consumers may not see all records before it yet. */
  get endOffset(): number {
    return this.#queue.end;
  }

  /** Another index takes its place with every `reset`. */
  get queue(): ConsumeQueue {
    return this.#queue;
  }

  get producers(): Producers {
    return this.#producers;
  }

  /** Consumers see the records from this offset on. */
  get logStartOffset(): number {
    return this.#start;
  }

  /** Of all its entries. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The start never goes back. */
  startAt(offset: number): void {
    this.#start = Math.max(this.#start, offset);
    this.wake();
  }

  /** Applies an entry that `Store.moveStart` wrote. Returns why it cannot be right, if so. */
  restoreStart({ body }: Entry): string | undefined {
    const offset = body.length === 8 ? Number(body.readBigInt64BE()) : -1;
    if (offset < 0 || offset > this.#next) return `a start at ${offset} of ${this.#next}`;
    this.startAt(offset);
    return undefined;
  }

  /**
   * Appends a checked batch, whose buffer belongs to the partition from here on. Settles when the batch is written. The
   * producer may only be answered later: see `Appended.end`. Rejects if the log cannot be written.
   */
  append(log: CommitLog, batch: Buffer, header: BatchHeader): Promise<Appended> {
    return new Promise((resolve, reject) => {
      let outcome: Omit<Appended, 'end'> = { errorCode: code.NONE, baseOffset: -1 };
      let undo: (() => void) | undefined;
      const prepare = (epoch: number): EntryDraft | undefined => {
        const refused = this.#refuse(header);
        outcome = refused ?? { errorCode: code.NONE, baseOffset: this.#next };
        if (refused !== undefined) return undefined;
        undo = this.#take(header);
        placeBatch(batch, outcome.baseOffset, epoch);
        return { kind: entryKind.batch, topicId: this.topicId, partition: this.index, body: batch };
      };
      log.append({
        bodyBytes: batch.length,
        prepare,
        written: (position, sizeBytes) => {
          if (undo !== undefined) this.#index(position, sizeBytes, header);
          resolve({ ...outcome, end: position + sizeBytes });
        },
        failed: (error) => {
          undo?.();
          reject(error);
        },
      });
    });
  }

  /** Applies an entry that is in the log already. Returns why it cannot be right, if so. */
  restore(entry: Entry): string | undefined {
    const header = readBatchHeader(entry.body);
    if (header.baseOffset !== this.#next) return `offset ${header.baseOffset} where ${this.#next} is due`;
    this.#take(header);
    this.#index(entry.position, entry.sizeBytes, header);
    return undefined;
  }

  /**
   * Forgets everything. The entries that are left in the log are applied again afterwards.
   * @param queue an empty index
   */
  reset(queue: ConsumeQueue): void {
    this.#queue = queue;
    this.#producers = new Producers();
    this.#unshown = new Pending();
    this.#shown = 0;
    this.#next = 0;
    this.#start = 0;
    this.#sizeBytes = 0;
    this.wake();
  }

  /**
   * Restores the state that a checkpoint kept at that position of the log. Consumers see none of it until `show` is called
   * with that position.
   */
  resume(queue: ConsumeQueue, state: PartitionState, position: number): void {
    this.reset(queue);
    this.#producers = new Producers(state.producers);
    this.#start = state.start;
    this.#sizeBytes = state.sizeBytes;
    this.#next = queue.end;
    this.#unshown.add(position, queue.end);
    this.#visibility.keepsBack(this);
  }

  show(position: number): boolean {
    const reached = this.#unshown.take(position);
    if (reached !== undefined) {
      this.#shown = reached.value;
      this.wake();
    }
    return !this.#unshown.isEmpty;
  }

  /** Reads whole batches from the one that holds `offset`, up to `maxBytes`, but at least one if `atLeastOne`. */
  async read(log: CommitLog, offset: number, maxBytes: number, atLeastOne: boolean): Promise<Buffer[]> {
    const batches: Buffer[] = [];
    let bytes = 0;
    for (let index = await this.#queue.find(offset); ; index++) {
      const found = this.#queue.at(index);
      const queued = found instanceof Promise ? await found : found;
      if (queued === undefined || queued.baseOffset >= this.highWatermark) break;
      if (bytes + queued.sizeBytes > maxBytes && !(atLeastOne && batches.length === 0)) break;
      const body = log.read(queued.position, queued.sizeBytes);
      batches.push(body instanceof Promise ? await body : body);
      bytes += queued.sizeBytes;
    }
    return batches;
  }

  /**
   * How many bytes a read from `offset` would find; counting stops at `enough`. If the offset is so old that its index
   * record is not in memory, there is surely enough.
   */
  availableBytes(offset: number, enough: number): number {
    if (offset >= this.highWatermark) return 0;
    const from = this.#queue.findInMemory(offset);
    if (from === undefined) return enough;
    let bytes = 0;
    for (let index = from; bytes < enough; index++) {
      const queued = this.#queue.at(index);
      if (queued instanceof Promise) return enough;
      if (queued === undefined || queued.baseOffset >= this.highWatermark) break;
      bytes += queued.sizeBytes;
    }
    return bytes;
  }

  /** The first record of that time or later; undefined when consumers see none. */
  async recordAt(log: CommitLog, timestampMs: number): Promise<FoundRecord | undefined> {
    const from = Math.max(await this.#queue.findTime(timestampMs), await this.#queue.find(this.#start));
    for await (const record of this.#records(log, from)) if (record.timestampMs >= timestampMs) return record;
    return undefined;
  }

  /** The first of the records with the newest time; undefined when consumers see none. */
  async newestRecord(log: CommitLog): Promise<FoundRecord | undefined> {
    if (this.highWatermark === this.#start) return undefined;
    const last = await this.#queue.at(await this.#queue.find(this.highWatermark - 1));
    const found = last === undefined ? undefined : await this.recordAt(log, last.newestMs);
    if (found !== undefined || this.#start === 0) return found;
    // The newest one was below the start: only the records themselves can tell which is it now.
    let newest: FoundRecord | undefined;
    for await (const record of this.#records(log, await this.#queue.find(this.#start))) {
      if (newest === undefined || record.timestampMs > newest.timestampMs) newest = record;
    }
    return newest;
  }

  /** The records that consumers see, of the batches from that index on. */
  async *#records(log: CommitLog, from: number): AsyncGenerator<FoundRecord> {
    for (let index = from; ; index++) {
      const queued = await this.#queue.at(index);
      if (queued === undefined || queued.baseOffset >= this.highWatermark) return;
      const batch = await log.read(queued.position, queued.sizeBytes);
      for (const record of timesOf(batch)) {
        if (record.offset >= this.#start) yield { ...record, leaderEpoch: leaderEpochOf(batch) };
      }
    }
  }

  /** The offset of the first record at that position of the log or behind it. */
  async offsetAtPosition(position: number): Promise<number> {
    return (await this.#queue.at(await this.#queue.findPosition(position)))?.baseOffset ?? this.endOffset;
  }

  /** Calls back once, when the high watermark advances or the topic is deleted. Returns a function that unregisters. */
  onChange(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  delete(): void {
    this.#deleted = true;
    this.wake();
  }

  /** Makes everyone who waits for a change look again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }

  #index(position: number, sizeBytes: number, header: BatchHeader): void {
    this.#queue.push(position, sizeBytes, header.count, header.maxTimestampMs);
    this.#sizeBytes += sizeBytes;
    this.#unshown.add(position + sizeBytes, this.#queue.end);
    this.#visibility.keepsBack(this);
  }

  #refuse(header: BatchHeader): Omit<Appended, 'end'> | undefined {
    if (this.#deleted) return { errorCode: code.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 };
    const judgement = this.#producers.judge(header);
    if (judgement.verdict === 'duplicate') return { errorCode: code.NONE, baseOffset: judgement.baseOffset };
    if (judgement.verdict === 'refused') return { errorCode: judgement.errorCode, baseOffset: -1 };
    return undefined;
  }

  #take(header: BatchHeader): () => void {
    const before = this.#next;
    const undo = this.#producers.record(header, before);
    this.#next = before + header.count;
    return () => {
      undo();
      this.#next = before;
    };
  }
}
