import { code } from '../../wire/codes.ts';
import { type BatchHeader, placeBatch, readBatchHeader } from '../../wire/record-batch.ts';
import type { ConsumeQueue } from '../index/consume-queue.ts';
import type { CommitLog } from '../log/commit-log.ts';
import { type Entry, type EntryDraft, entryKind } from '../log/entry.ts';
import { Pending } from './pending.ts';
import { type ProducerState, Producers } from './producers.ts';
import type { Shown, Visibility } from './visibility.ts';

export interface Appended {
  readonly errorCode: number;
  /** -1 when nothing was appended. */
  readonly baseOffset: number;
  /** End of the log behind it, or behind that of which it is a duplicate: once protected, it may be answered. */
  readonly end: number;
}

/** One partition of one topic on the broker that leads it: its index, its producers and who waits for more. */
export class Partition implements Shown {
  readonly topicId: string;
  readonly index: number;
  readonly #visibility: Visibility;
  readonly #waiting = new Set<() => void>();
  #queue: ConsumeQueue;
  #producers = new Producers();
  /** Ends, as offsets, of batches that are not protected yet. */
  #unshown = new Pending<number>();
  #shown = 0;
  /** The offset that the next prepared batch gets; ahead of the queue while a write is in progress. */
  #next = 0;
  #deleted = false;

  /** @param queue empty */
  constructor(topicId: string, index: number, visibility: Visibility, queue: ConsumeQueue) {
    this.topicId = topicId;
    this.index = index;
    this.#visibility = visibility;
    this.#queue = queue;
  }

  /** The one place that decides what consumers may see: what is protected. */
  get highWatermark(): number {
    return this.#shown;
  }

  /** The offset behind the last written record, which consumers may not see yet. */
  get endOffset(): number {
    return this.#queue.end;
  }

  /** Changes when everything is forgotten. */
  get queue(): ConsumeQueue {
    return this.#queue;
  }

  get producers(): Producers {
    return this.#producers;
  }

  get logStartOffset(): number {
    return 0;
  }

  /**
   * Takes a checked batch, whose buffer is ours from here on. Settles when it is written, which is not yet a reason to
   * answer; storage errors reject.
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

  /** Takes an entry that is in the log already; returns why it cannot be right. */
  restore(entry: Entry): string | undefined {
    const header = readBatchHeader(entry.body);
    if (header.baseOffset !== this.#next) return `offset ${header.baseOffset} where ${this.#next} is due`;
    this.#take(header);
    this.#index(entry.position, entry.sizeBytes, header);
    return undefined;
  }

  /**
   * Forgets everything; what is left of the log comes again.
   * @param queue empty
   */
  reset(queue: ConsumeQueue): void {
    this.#queue = queue;
    this.#producers = new Producers();
    this.#unshown = new Pending();
    this.#shown = 0;
    this.#next = 0;
    this.wake();
  }

  /** Goes on from what a checkpoint at that position of the log kept, all of which is yet to be shown. */
  resume(queue: ConsumeQueue, producers: readonly ProducerState[], position: number): void {
    this.reset(queue);
    this.#producers = new Producers(producers);
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

  /** Whole batches from the one that holds `offset`, up to `maxBytes`, but at least one if `atLeastOne`. */
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
   * Bytes that a read from `offset` would find, counted up to `enough`. A reader so far behind that its place is not in
   * memory has enough to read.
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

  /** The first batch whose newest record is at or after the time, by its base offset; undefined when there is none. */
  async offsetAt(timestampMs: number): Promise<{ offset: number; timestampMs: number } | undefined> {
    const queued = await this.#queue.at(await this.#queue.findTime(timestampMs));
    if (queued === undefined || queued.baseOffset >= this.highWatermark) return undefined;
    return { offset: queued.baseOffset, timestampMs: queued.newestMs };
  }

  /** Calls back at the next advance of the high watermark or at the deletion; returns what takes that back. */
  onChange(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  delete(): void {
    this.#deleted = true;
    this.wake();
  }

  /** Lets those who wait look again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }

  #index(position: number, sizeBytes: number, header: BatchHeader): void {
    this.#queue.push(position, sizeBytes, header.count, header.maxTimestampMs);
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
