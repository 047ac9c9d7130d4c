import { code } from '../wire/codes.ts';
import { type BatchHeader, placeBatch, readBatchHeader } from '../wire/record-batch.ts';
import type { CommitLog } from './commit-log.ts';
import { ConsumeQueue } from './consume-queue.ts';
import { type Entry, type EntryDraft, entryKind } from './entry.ts';
import { Producers } from './producers.ts';

export interface Appended {
  readonly errorCode: number;
  /** -1 when nothing was appended. */
  readonly baseOffset: number;
}

/** One partition of one topic on the broker that leads it: its index, its producers and who waits for more. */
export class Partition {
  readonly topicId: string;
  readonly index: number;
  readonly #queue = new ConsumeQueue();
  readonly #producers = new Producers();
  readonly #waiting = new Set<() => void>();
  /** The offset that the next prepared batch gets; ahead of the queue while a write is in progress. */
  #next = 0;
  #deleted = false;

  constructor(topicId: string, index: number) {
    this.topicId = topicId;
    this.index = index;
  }

  /** The one place that decides what consumers may see: everything that was written. */
  get highWatermark(): number {
    return this.#queue.end;
  }

  get logStartOffset(): number {
    return 0;
  }

  /** Takes a checked batch, whose buffer is ours from here on. Settles when it is written; storage errors reject. */
  append(log: CommitLog, batch: Buffer, header: BatchHeader): Promise<Appended> {
    return new Promise((resolve, reject) => {
      let outcome: Appended = { errorCode: code.NONE, baseOffset: -1 };
      let undo: (() => void) | undefined;
      const prepare = (): EntryDraft | undefined => {
        const refused = this.#refuse(header);
        outcome = refused ?? { errorCode: code.NONE, baseOffset: this.#next };
        if (refused !== undefined) return undefined;
        undo = this.#take(header);
        placeBatch(batch, outcome.baseOffset, 0);
        return { kind: entryKind.batch, topicId: this.topicId, partition: this.index, body: batch };
      };
      log.append({
        bodyBytes: batch.length,
        prepare,
        written: (position, sizeBytes) => {
          if (undo !== undefined) {
            this.#queue.push(position, sizeBytes, header.count, header.maxTimestampMs);
            this.#wake();
          }
          resolve(outcome);
        },
        failed: (error) => {
          undo?.();
          reject(error);
        },
      });
    });
  }

  /** Takes an entry found by recovery; returns why it cannot be right. */
  restore(entry: Entry): string | undefined {
    const header = readBatchHeader(entry.body);
    if (header.baseOffset !== this.#next) return `offset ${header.baseOffset} where ${this.#next} is due`;
    this.#take(header);
    this.#queue.push(entry.position, entry.sizeBytes, header.count, header.maxTimestampMs);
    return undefined;
  }

  /** Whole batches from the one that holds `offset`, up to `maxBytes`, but at least one if `atLeastOne`. */
  async read(log: CommitLog, offset: number, maxBytes: number, atLeastOne: boolean): Promise<Buffer[]> {
    const batches: Buffer[] = [];
    let bytes = 0;
    for (let index = this.#queue.find(offset); ; index++) {
      const queued = this.#queue.at(index);
      if (queued === undefined || queued.baseOffset >= this.highWatermark) break;
      if (bytes + queued.sizeBytes > maxBytes && !(atLeastOne && batches.length === 0)) break;
      const body = log.read(queued.position, queued.sizeBytes);
      batches.push(body instanceof Promise ? await body : body);
      bytes += queued.sizeBytes;
    }
    return batches;
  }

  /** Bytes that a read from `offset` would find, counted up to `enough`. */
  availableBytes(offset: number, enough: number): number {
    let bytes = 0;
    for (let index = this.#queue.find(offset); bytes < enough; index++) {
      const queued = this.#queue.at(index);
      if (queued === undefined || queued.baseOffset >= this.highWatermark) break;
      bytes += queued.sizeBytes;
    }
    return bytes;
  }

  /** The first batch whose newest record is at or after the time, by its base offset; undefined when there is none. */
  async offsetAt(log: CommitLog, timestampMs: number): Promise<{ offset: number; timestampMs: number } | undefined> {
    for (let index = this.#queue.findTime(timestampMs); ; index++) {
      const queued = this.#queue.at(index);
      if (queued === undefined || queued.baseOffset >= this.highWatermark) return undefined;
      const header = readBatchHeader(await log.read(queued.position, queued.sizeBytes));
      if (header.maxTimestampMs >= timestampMs) {
        return { offset: queued.baseOffset, timestampMs: header.maxTimestampMs };
      }
    }
  }

  /** Calls back at the next append or at the deletion; returns what takes that back. */
  onChange(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  delete(): void {
    this.#deleted = true;
    this.#wake();
  }

  #refuse(header: BatchHeader): Appended | undefined {
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

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }
}
