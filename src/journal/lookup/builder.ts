/**
 * Which blocks of a journal speak of which messages, places and commits: what its index holds. A producer's sends are in
 * order of their sequence and receipts nearly are, so that a bucket of sequences is in few blocks, and a block has few
 * buckets.
 */
import type { Loop } from '../../loops/loop.ts';
import type { Loops } from '../../loops/loops.ts';
import { eventPass } from '../decode.ts';
import { kinds, noPosition, type ReadDetail } from '../event.ts';
import type { JournalEnd, Pass } from '../reader.ts';
import { positionAt, recordWords, timeAt } from '../record.ts';

/** Records of a block: 256 KiB, which is read in a tenth of a millisecond. */
export const blockRecords = 8192;
/** Sequences, or positions, of a bucket. */
const bucketSize = 4096;
/** Blocks that a row can tell apart; a row is bucket × this + block, exact as a double. */
export const mostBlocks = 2 ** 21;
const bucketBits = 2 ** 32;

/** What rows are about: a message by its producer, a stored record or a commit by its partition. */
export const spaces = { message: 0, stored: 1, ack: 2 } as const;
export type Space = keyof typeof spaces;

/** What an index says of its journal. */
export interface JournalIndex {
  readonly end: JournalEnd;
  /** When its last whole record was written; nanoseconds since the run's base. */
  readonly lastNs: number;
  /** Names that outcomes refer to by number. */
  readonly errors: Readonly<Record<number, string>>;
  /** Of a reader's journal: what it went through. */
  readonly reads: readonly ReadDetail[];
  /** Sorted rows by space and number of the producer or partition (`keyOf`). */
  readonly rows: ReadonlyMap<number, Float64Array>;
}

export function keyOf(space: Space, number: number): number {
  return spaces[space] * 65536 + number;
}

/** The least row of the bucket that holds a sequence or position. Buckets of positions 2^44 apart share rows. */
export function rowOf(at: number): number {
  return (Math.floor(at / bucketSize) % bucketBits) * mostBlocks;
}

/** Kinds of records that name a message. */
const ofMessages: ReadonlySet<number> = new Set([
  ...[kinds.intended, kinds.outcome, kinds.received, kinds.stored, kinds.processingFailed],
  ...[kinds.redeliveryScheduled, kinds.deadLettered, kinds.effect, kinds.held, kinds.dead],
  ...[kinds.disowned, kinds.untraced],
]);

const bucketMask = -bucketSize;
/** Blocks between two times at which what was added last is forgotten: so many fit into a tag beside a bucket. */
const blocksPerTag = bucketSize - 1;
const noTag = bucketSize - 1;

/** What a builder needs of the loops' memory, a word for each producer. */
export function newTags(loops: Loops): Int32Array {
  return loops.int32(65536);
}

/** Takes the records of one journal, in a pass of its own or beside another one. */
export class IndexBuilder {
  readonly pass: Pass;
  readonly #rows = new Map<number, number[]>();
  readonly #known: Loop;
  readonly #blockTag: WebAssembly.Global;
  /** By producer: bucket and block of the row that was added last, in one word: a run of records adds one row. */
  readonly #tags: Int32Array;
  /** The same for places, which are few. */
  readonly #lastPlace = new Map<number, number>();
  readonly #errors: Record<number, string> = {};
  readonly #reads: ReadDetail[] = [];
  readonly #notes: ReturnType<typeof eventPass>;
  /** The record before was one of those whose text is wanted. */
  #noted = false;
  #records = 0;
  #lastNs = 0;

  /**
   * @param loops those whose chunk the records are in
   * @param tags a journal may use those of the one before
   */
  constructor(loops: Loops, tags: Int32Array) {
    this.#known = loops.known;
    this.#tags = tags.fill(noTag);
    this.#known.set({ tags: this.#tags, bucketMask: bucketMask });
    this.#blockTag = this.#known.setting('blockTag');
    this.#notes = eventPass((event) => {
      if (event.kind === 'name' && event.space === 'error') this.#errors[event.id] = event.text;
      if (event.kind === 'read') this.#reads.push(event.detail);
    });
    this.pass = (words, endWord) => this.#take(words, endWord);
  }

  finish(end: JournalEnd): JournalIndex {
    this.#notes.finish();
    const keys = [...this.#rows.keys()].sort((a, b) => a - b);
    const rows = new Map(keys.map((key) => [key, sortedOnce(this.#rows.get(key) ?? [])]));
    return { end, lastNs: this.#lastNs, errors: this.#errors, reads: this.#reads, rows };
  }

  #take(words: Int32Array, endWord: number): void {
    for (let at = 0; at < endWord; ) {
      const block = Math.floor(this.#records / blockRecords);
      const left = (block + 1) * blockRecords - this.#records;
      const end = Math.min(endWord, at + left * recordWords);
      this.#takeBlock(words, at, end, block);
      this.#records += (end - at) / recordWords;
      at = end;
    }
    if (endWord > 0) this.#lastNs = timeOf(words, endWord, this.#lastNs);
  }

  #takeBlock(words: Int32Array, from: number, to: number, block: number): void {
    const blockTag = block % blocksPerTag;
    if (blockTag === 0) this.#tags.fill(noTag);
    this.#blockTag.value = blockTag;
    for (let at = this.#known.run(from, to); at < to; at = this.#known.run(at + recordWords, to)) {
      this.#takeRecord(words, at, block, blockTag);
    }
  }

  #takeRecord(words: Int32Array, at: number, block: number, blockTag: number): void {
    const kind = (words[at] as number) & 0xff;
    const goesOn = this.#noted && kind === kinds.text;
    this.#noted = goesOn || kind === kinds.name || kind === kinds.read;
    if (this.#noted) this.#notes.pass(words.subarray(at, at + recordWords), recordWords);
    if (kind === kinds.ack) this.#addPlace('ack', words, at, block);
    if (!ofMessages.has(kind)) return;
    if (kind === kinds.stored) this.#addPlace('stored', words, at, block);
    const producer = (words[at] as number) >>> 16;
    const seq = words[at + 1] as number;
    const tag = (seq & bucketMask) | blockTag;
    if (this.#tags[producer] === tag) return;
    this.#tags[producer] = tag;
    this.#add(keyOf('message', producer), rowOf(seq >>> 0) + block);
  }

  #addPlace(space: Space, words: Int32Array, at: number, block: number): void {
    const position = positionAt(words, at);
    if (position === noPosition) return;
    const key = keyOf(space, (words[at + 5] as number) >>> 16);
    const row = rowOf(position) + block;
    if (this.#lastPlace.get(key) === row) return;
    this.#lastPlace.set(key, row);
    this.#add(key, row);
  }

  #add(key: number, row: number): void {
    const rows = this.#rows.get(key);
    if (rows === undefined) this.#rows.set(key, [row]);
    else rows.push(row);
  }
}

/** Of the last record that is no text: a text has no time. */
function timeOf(words: Int32Array, endWord: number, before: number): number {
  for (let at = endWord - recordWords; at >= 0; at -= recordWords) {
    if (((words[at] as number) & 0xff) !== kinds.text) return timeAt(words, at);
  }
  return before;
}

function sortedOnce(rows: readonly number[]): Float64Array {
  const sorted = Float64Array.from(rows).sort();
  return sorted.filter((row, at) => at === 0 || row !== sorted[at - 1]);
}
