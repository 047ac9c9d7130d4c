/**
 * What the passes over receipts found on the way: one row a finding, in columns, because a run may hold millions of
 * duplicates. Beyond `limit` rows only the message's identity is kept (a bit each), not its place.
 */
import type { FindingClass } from './class.ts';
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
  /** Number of the group; `noGroup` for the independent reader. */
  readonly group: number;
  readonly producer: number;
  readonly seq: number;
  readonly partition: number;
  readonly position: number;
  readonly atNs: number;
  readonly flags: number;
}

export const noGroup = 0xff;

export class Notes {
  count = 0;
  /** Identities of the findings that got no row. */
  readonly unlisted = new NamedBits();
  unlistedCount = 0;
  readonly #limit: number;
  #kind = new Uint8Array(256);
  #group = new Uint8Array(256);
  #flags = new Uint8Array(256);
  #producer = new Uint16Array(256);
  #partition = new Uint16Array(256);
  #seq = new Uint32Array(256);
  #position = new Float64Array(256);
  #atNs = new Float64Array(256);

  constructor(rows = limit) {
    this.#limit = rows;
  }

  add(
    kind: number,
    group: number,
    producer: number,
    seq: number,
    partition: number,
    position: number,
    atNs: number,
    flags: number,
  ): void {
    const row = this.count;
    if (row === this.#limit) {
      this.unlisted.add(unlistedName(kind, group, producer), seq);
      this.unlistedCount += 1;
      return;
    }
    if (row === this.#kind.length) this.#grow();
    this.#kind[row] = kind;
    this.#group[row] = group;
    this.#producer[row] = producer;
    this.#seq[row] = seq;
    this.#partition[row] = partition;
    this.#position[row] = position;
    this.#atNs[row] = atNs;
    this.#flags[row] = flags;
    this.count += 1;
  }

  at(row: number): Note {
    return {
      class: notedClasses[this.#kind[row] as number] as NotedClass,
      group: this.#group[row] as number,
      producer: this.#producer[row] as number,
      seq: this.#seq[row] as number,
      partition: this.#partition[row] as number,
      position: this.#position[row] as number,
      atNs: this.#atNs[row] as number,
      flags: this.#flags[row] as number,
    };
  }

  producerAt(row: number): number {
    return this.#producer[row] as number;
  }

  seqAt(row: number): number {
    return this.#seq[row] as number;
  }

  /** Rows by producer, each producer's in the order of their receipt. */
  rowsByProducer(): Map<number, Uint32Array> {
    const ends = new Uint32Array(65536);
    for (let row = 0; row < this.count; row += 1) {
      const producer = this.#producer[row] as number;
      ends[producer] = (ends[producer] as number) + 1;
    }
    const starts = new Map<number, number>();
    let placed = 0;
    for (let producer = 0; producer < ends.length; producer += 1) {
      if (ends[producer] === 0) continue;
      starts.set(producer, placed);
      placed += ends[producer] as number;
      ends[producer] = starts.get(producer) as number; // and becomes the end as rows are placed
    }
    const rows = new Uint32Array(placed);
    for (let row = 0; row < this.count; row += 1) {
      const producer = this.#producer[row] as number;
      const at = ends[producer] as number;
      rows[at] = row;
      ends[producer] = at + 1;
    }
    return new Map([...starts].map(([producer, start]) => [producer, rows.subarray(start, ends[producer])]));
  }

  #grow(): void {
    this.#kind = doubled(this.#kind, Uint8Array);
    this.#group = doubled(this.#group, Uint8Array);
    this.#flags = doubled(this.#flags, Uint8Array);
    this.#producer = doubled(this.#producer, Uint16Array);
    this.#partition = doubled(this.#partition, Uint16Array);
    this.#seq = doubled(this.#seq, Uint32Array);
    this.#position = doubled(this.#position, Float64Array);
    this.#atNs = doubled(this.#atNs, Float64Array);
  }
}

/** Class, group and producer in one number. */
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

interface Column {
  readonly length: number;
  set(from: ArrayLike<number>): void;
}

function doubled<T extends Column & ArrayLike<number>>(column: T, make: new (size: number) => T): T {
  const larger = new make(column.length * 2);
  larger.set(column);
  return larger;
}
