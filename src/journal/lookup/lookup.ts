/** Finds single records in a journal by its index, without reading the rest of it. */
import { closeSync, openSync, readSync } from 'node:fs';
import { eventOf } from '../decode.ts';
import { type Event, kinds } from '../event.ts';
import { headerSizeBytes } from '../header.ts';
import { getRecord, isWhole, recordSizeBytes, recordWords } from '../record.ts';
import { blockRecords, type JournalIndex, keyOf, mostBlocks, rowOf, type Space } from './builder.ts';
import { indexOf } from './index-file.ts';

export interface FoundRecord {
  /** Its place in the journal, from 0. */
  readonly record: number;
  readonly event: Event;
}

/** Every search reads its blocks into this one: none goes on when another begins. */
const sharedBlock = new Int32Array(blockRecords * recordWords);

export class JournalLookup implements Disposable {
  readonly index: JournalIndex;
  readonly #fd: number;
  /** Damage that was met since the index was made. */
  #damaged: number | undefined;

  private constructor(path: string, index: JournalIndex) {
    this.index = index;
    this.#fd = openSync(path, 'r');
  }

  /** @throws the errno of the file system. */
  static async open(path: string): Promise<JournalLookup> {
    return new JournalLookup(path, await indexOf(path));
  }

  /** A record that was whole when the index was made and is not any more; undefined: none was met. */
  get damaged(): number | undefined {
    return this.#damaged;
  }

  /** All that names the message, in the order of the journal. */
  ofMessage(producer: number, seq: number): FoundRecord[] {
    return this.#find('message', producer, seq, (words, at) => {
      const word0 = words[at] as number;
      return word0 >>> 16 === producer && (words[at + 1] as number) >>> 0 === seq && isAboutMessage(word0 & 0xff);
    });
  }

  /** What the independent reader found at a place. */
  storedAt(partition: number, position: number): FoundRecord[] {
    return this.#places('stored', kinds.stored, partition, position, position);
  }

  /** Commits of a partition at positions from `from` on, so far as a commit of a few thousand messages or fewer goes. */
  acksFrom(partition: number, from: number): FoundRecord[] {
    const found: FoundRecord[] = [];
    for (let step = 0; step < ackBuckets; step += 1) {
      found.push(...this.#places('ack', kinds.ack, partition, from, Number.POSITIVE_INFINITY, from + step * 4096));
    }
    return found.sort((a, b) => a.record - b.record);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #places(space: Space, kind: number, partition: number, from: number, to: number, at = from): FoundRecord[] {
    const bucket = rowOf(at);
    return this.#find(space, partition, at, (words, word) => {
      if (((words[word] as number) & 0xff) !== kind || (words[word + 5] as number) >>> 16 !== partition) return false;
      const { position } = getRecord(words, word);
      return position >= from && position <= to && rowOf(position) === bucket;
    });
  }

  #find(space: Space, number: number, at: number, isIt: (words: Int32Array, at: number) => boolean): FoundRecord[] {
    const rows = this.index.rows.get(keyOf(space, number));
    if (rows === undefined) return [];
    const found: FoundRecord[] = [];
    const bucket = rowOf(at);
    for (let row = firstFrom(rows, bucket); row < rows.length; row += 1) {
      const block = (rows[row] as number) - bucket;
      if (block >= mostBlocks) break;
      const words = sharedBlock.subarray(0, this.#read(block) * recordWords);
      for (let word = 0; word < words.length; word += recordWords) {
        if (!isIt(words, word)) continue;
        const record = block * blockRecords + word / recordWords;
        if (!isWhole(words, word)) this.#damaged ??= record;
        else found.push({ record, event: eventOf(getRecord(words, word)) });
      }
    }
    return found;
  }

  /** Returns how many whole records of the journal are in the block. */
  #read(block: number): number {
    const first = block * blockRecords;
    const wanted = Math.min(blockRecords, this.index.end.records - first);
    const at = headerSizeBytes + first * recordSizeBytes;
    const bytes = readSync(this.#fd, sharedBlock, 0, wanted * recordSizeBytes, at);
    return Math.floor(bytes / recordSizeBytes);
  }
}

/** Buckets of positions in which a commit behind a position is looked for. */
const ackBuckets = 4;

function isAboutMessage(kind: number): boolean {
  return kind !== kinds.text && kind !== kinds.name && kind !== kinds.mark;
}

/** The first row that is not below. */
function firstFrom(rows: Float64Array, least: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
