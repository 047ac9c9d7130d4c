/**
 * The findings that the passes over deliveries note, in one row each, because a run may have millions of duplicates. A
 * row is a copy of the record that showed the finding, with the noted class in the place of the record's kind and with
 * the group that it is noted for; the record's check does not match any more. Beyond `limit` rows only the identity of
 * the message is kept, in one bit, and not its position.
 */
import { getRecord, recordSizeBytes, recordWords } from '../../journal/record.ts';
import { type Arrays, heap } from '../../loops/arrays.ts';
import type { FindingClass } from '../class.ts';
import { NamedBits } from './sparse.ts';

export const notedClasses = [
  'duplicate-stored',
  'duplicate-delivered',
  'duplicate-undecided',
  'reordered',
  'phantom',
  'corrupt',
  'misrouted',
  'over-retried',
] as const satisfies readonly FindingClass[];

export type NotedClass = (typeof notedClasses)[number];
const limit = 1 << 21;

export interface Note {
  readonly class: NotedClass;
  /** The number of the group; `noGroup` for the independent reader. */
  readonly group: number;
  readonly producer: number;
  readonly seq: number;
  readonly partition: number;
  readonly position: number;
  readonly atNs: number;
  readonly flags: number;
}

export const noGroup = 0xff;

/** Rows are allocated in blocks, which stay at their address: one WebAssembly loop writes rows, another reads them. */
export const blockBits = 12;
export const blockRows = 1 << blockBits;
const blockWords = blockRows * recordWords;

export class Notes {
  count = 0;
  /** The identities of findings without a row. */
  readonly unlisted = new NamedBits();
  unlistedCount = 0;
  readonly #limit: number;
  readonly #arrays: Arrays;
  readonly #blocks: Int32Array[] = [];

  constructor(arrays: Arrays = heap, rows = limit) {
    this.#arrays = arrays;
    this.#limit = rows;
  }

  /** Notes the record at `at`, which a consumer of `group` wrote. */
  add(kind: number, group: number, words: Int32Array, at: number): void {
    const row = this.count;
    if (row === this.#limit) {
      this.unlisted.add(unlistedName(kind, group, (words[at] as number) >>> 16), (words[at + 1] as number) >>> 0);
      this.unlistedCount += 1;
      return;
    }
    if (row === this.#blocks.length * blockRows) this.#blocks.push(this.#arrays.int32(blockWords));
    const block = this.#blockOf(row);
    const to = wordOf(row);
    for (let word = 0; word < recordWords; word += 1) block[to + word] = words[at + word] as number;
    block[to] = ((words[at] as number) & ~0xff) | kind;
    block[to + 7] = ((words[at + 7] as number) & ~0xff00) | (group << 8);
    this.count += 1;
  }

  /** The address for a loop's next row, and the end of its room. There is no room until `add` has allocated a block. */
  get room(): [address: number, end: number] {
    const { count } = this;
    const end = Math.min(this.#blocks.length * blockRows, this.#limit);
    if (count === end) return [0, 0];
    const address = this.#blockOf(count).byteOffset + wordOf(count) * 4;
    return [address, address + (end - count) * recordSizeBytes];
  }

  /** The address of each block, for the loop that reads rows. */
  get blocks(): Uint32Array {
    const addresses = this.#arrays.uint32(this.#blocks.length);
    addresses.set(this.#blocks.map((block) => block.byteOffset));
    return addresses;
  }

  at(row: number): Note {
    const { kind, code, group, producer, seq, partition, position, atNs } = getRecord(this.#blockOf(row), wordOf(row));
    return { class: notedClasses[kind] as NotedClass, group, producer, seq, partition, position, atNs, flags: code };
  }

  producerAt(row: number): number {
    return (this.#blockOf(row)[wordOf(row)] as number) >>> 16;
  }

  seqAt(row: number): number {
    return (this.#blockOf(row)[wordOf(row) + 1] as number) >>> 0;
  }

  /** The numbers of the rows of each producer, in the order in which they were noted. */
  rowsByProducer(): Map<number, Uint32Array> {
    const ends = new Uint32Array(65536);
    for (let row = 0; row < this.count; row += 1) {
      const producer = this.producerAt(row);
      ends[producer] = (ends[producer] as number) + 1;
    }
    const starts = new Map<number, number>();
    let placed = 0;
    for (let producer = 0; producer < ends.length; producer += 1) {
      if (ends[producer] === 0) continue;
      starts.set(producer, placed);
      placed += ends[producer] as number;
      ends[producer] = starts.get(producer) as number; // it moves to the end as rows are placed
    }
    const rows = this.#arrays.uint32(placed);
    for (let row = 0; row < this.count; row += 1) {
      const producer = this.producerAt(row);
      const at = ends[producer] as number;
      rows[at] = row;
      ends[producer] = at + 1;
    }
    return new Map([...starts].map(([producer, start]) => [producer, rows.subarray(start, ends[producer])]));
  }

  #blockOf(row: number): Int32Array {
    return this.#blocks[(row / blockRows) | 0] as Int32Array;
  }
}

/** The first word of a row in its block. */
function wordOf(row: number): number {
  return (row % blockRows) * recordWords;
}

/** The class, group and producer as one number. */
export function unlistedName(kind: number, group: number, producer: number): number {
  return (kind * 256 + group) * 65536 + producer;
}

export function splitUnlistedName(name: number): { class: NotedClass; group: number; producer: number } {
  const rest = Math.floor(name / 65536);
  return {
    class: notedClasses[rest >>> 8] as NotedClass,
    group: rest & 0xff,
    producer: name % 65536,
  };
}
