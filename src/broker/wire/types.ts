import { isUtf8 } from 'node:buffer';
import { Malformed, Reader } from './reader.ts';
import { Writer } from './writer.ts';

/**
 * The protocol's vocabulary: a `WireType<T>` knows how a `T` looks on the wire in a given version, and `zero` is the value
 * of a field that this version does not carry. Messages are tables of fields with version ranges written as Kafka's own
 * schemas write them: `'0+'`, `'3+'`, `'0-2'`. Flexible versions (KIP-482) use compact lengths and end each struct with
 * tagged fields.
 */
export interface WireType<T> {
  readonly zero: T;
  read(reader: Reader, wire: Wire): T;
  write(writer: Writer, value: T, wire: Wire): void;
  /** What it is made of, for whoever makes messages up; absent: it is primitive. */
  readonly madeOf?: { readonly fields: Fields } | { readonly element: WireType<unknown> };
}

export interface Wire {
  readonly version: number;
  readonly flexible: boolean;
}

/** The TypeScript type of what a wire type carries. */
export type ValueOf<W> = W extends WireType<infer T> ? T : never;

export interface Field<T> {
  readonly type: WireType<T>;
  readonly since: number;
  readonly until: number;
}

export function field<T>(type: WireType<T>, versions = '0+'): Field<T> {
  const range = /^(\d+)(?:(\+)|-(\d+))?$/.exec(versions);
  if (range === null) throw new Error(`bad version range ${versions}`);
  const since = Number(range[1]);
  const until = range[2] === '+' ? Number.POSITIVE_INFINITY : Number(range[3] ?? range[1]);
  return { type, since, until };
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type StructOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** Fields that a flexible version may carry behind the others, by their numbers. One that is absent is undefined. */
export type Tags = Readonly<Record<string, { readonly tag: number; readonly type: WireType<unknown> }>>;
type TagsOf<G extends Tags> = { readonly [K in keyof G]?: ValueOf<G[K]['type']> };

export function struct<F extends Fields, G extends Tags = Record<never, never>>(
  fields: F,
  tags?: G,
): WireType<StructOf<F> & TagsOf<G>> {
  const entries = Object.entries(fields);
  const tagged = Object.entries(tags ?? {});
  const zero = Object.fromEntries(entries.map(([name, { type }]) => [name, type.zero]));
  return {
    zero: zero as StructOf<F> & TagsOf<G>,
    madeOf: { fields },
    read(reader, wire) {
      const value: Record<string, unknown> = {};
      for (const [name, { type, since, until }] of entries) {
        value[name] = wire.version >= since && wire.version <= until ? type.read(reader, wire) : type.zero;
      }
      if (wire.flexible) readTags(reader, wire, tagged, value);
      return value as StructOf<F> & TagsOf<G>;
    },
    write(writer, value, wire) {
      const values = value as Readonly<Record<string, unknown>>;
      for (const [name, { type, since, until }] of entries) {
        if (wire.version >= since && wire.version <= until) type.write(writer, values[name], wire);
      }
      if (wire.flexible) writeTags(writer, wire, tagged, values);
    },
  };
}

type TagEntries = readonly (readonly [name: string, Tags[string]])[];

function readTags(reader: Reader, wire: Wire, tagged: TagEntries, into: Record<string, unknown>): void {
  const count = reader.uvarint();
  reader.countElements(count);
  for (let left = count; left > 0; left--) {
    const number = reader.uvarint();
    const data = reader.take(reader.uvarint());
    const known = tagged.find(([, { tag }]) => tag === number);
    if (known !== undefined) into[known[0]] = known[1].type.read(new Reader(data), wire);
  }
}

function writeTags(writer: Writer, wire: Wire, tagged: TagEntries, values: Readonly<Record<string, unknown>>): void {
  const present = tagged.filter(([name]) => values[name] !== undefined);
  writer.uvarint(present.length);
  for (const [name, { tag, type }] of present) {
    const data = new Writer();
    type.write(data, values[name], wire);
    const bytes = data.finish();
    writer.uvarint(tag);
    writer.uvarint(bytes.length);
    writer.bytes(bytes);
  }
}

export function array<T>(element: WireType<T>): WireType<readonly T[]> {
  return {
    zero: [],
    madeOf: { element },
    read: (reader, wire) => readElements(reader, wire, element) ?? [],
    write: (writer, value, wire) => writeElements(writer, wire, element, value),
  };
}

export function nullableArray<T>(element: WireType<T>): WireType<readonly T[] | null> {
  return {
    zero: null,
    madeOf: { element },
    read: (reader, wire) => readElements(reader, wire, element),
    write: (writer, value, wire) => writeElements(writer, wire, element, value),
  };
}

export const int8: WireType<number> = {
  zero: 0,
  read: (reader) => reader.int8(),
  write: (writer, value) => writer.int8(value),
};

export const int16: WireType<number> = {
  zero: 0,
  read: (reader) => reader.int16(),
  write: (writer, value) => writer.int16(value),
};

export const int32: WireType<number> = {
  zero: 0,
  read: (reader) => reader.int32(),
  write: (writer, value) => writer.int32(value),
};

/** A leader epoch; -1, also where the version has no such field: not known (KIP-320). */
export const leaderEpoch: WireType<number> = { ...int32, zero: -1 };

export const int64: WireType<number> = {
  zero: 0,
  read: (reader) => reader.int64(),
  write: (writer, value) => writer.int64(value),
};

export const boolean: WireType<boolean> = {
  zero: false,
  read: (reader) => reader.int8() !== 0,
  write: (writer, value) => writer.int8(value ? 1 : 0),
};

/** 16 bytes, as 32 hexadecimal digits. */
export const uuid: WireType<string> = {
  zero: '0'.repeat(32),
  read: (reader) => reader.take(16).toString('hex'),
  write: (writer, value) => writer.bytes(Buffer.from(value, 'hex')),
};

/**
 * Kafka's strings have at most so many bytes in every version, and so do ours: one that came in a compact encoding must
 * fit into the 16-bit length of an older version, because other clients may be told of it.
 */
const stringLimitBytes = 0x7fff;

export const nullableString: WireType<string | null> = {
  zero: null,
  read(reader, wire) {
    const length = wire.flexible ? reader.uvarint() - 1 : reader.int16();
    if (length > stringLimitBytes) throw new Malformed(`string of ${length} bytes`);
    return length < 0 ? null : utf8(reader.take(length));
  },
  write(writer, value, wire) {
    const length = value === null ? -1 : Buffer.byteLength(value);
    if (wire.flexible) writer.uvarint(length + 1);
    else writer.int16(length);
    if (value !== null) writer.text(value, length);
  },
};

/** Null where the protocol allows none is malformed. */
export const string: WireType<string> = {
  zero: '',
  read(reader, wire) {
    const value = nullableString.read(reader, wire);
    if (value === null) throw new Malformed('null where a string is required');
    return value;
  },
  write: (writer, value, wire) => nullableString.write(writer, value, wire),
};

/** Text of any length, between nodes: Kafka has no such type. */
export const nullableText: WireType<string | null> = {
  zero: null,
  read: (reader, wire) => nullableBytes.read(reader, wire)?.toString('utf8') ?? null,
  write: (writer, value, wire) => nullableBytes.write(writer, value === null ? null : Buffer.from(value), wire),
};

export const nullableBytes: WireType<Buffer | null> = {
  zero: null,
  read(reader, wire) {
    const length = readLength(reader, wire);
    return length < 0 ? null : reader.take(length);
  },
  write(writer, value, wire) {
    writeLength(writer, wire, value === null ? -1 : value.length);
    if (value !== null) writer.bytes(value);
  },
};

export const bytes: WireType<Buffer> = {
  zero: Buffer.alloc(0),
  read: (reader, wire) => nullableBytes.read(reader, wire) ?? Buffer.alloc(0),
  write: (writer, value, wire) => nullableBytes.write(writer, value, wire),
};

/** Record batches one after another in one byte string, kept apart until they are written. */
export const batches: WireType<readonly Buffer[]> = {
  zero: [],
  read(reader, wire) {
    const value = nullableBytes.read(reader, wire);
    return value === null || value.length === 0 ? [] : [value];
  },
  write(writer, value, wire) {
    let length = 0;
    for (const batch of value) length += batch.length;
    writeLength(writer, wire, length);
    for (const batch of value) writer.bytes(batch);
  },
};

/** Bytes that are not UTF-8 are malformed: replaced by U+FFFD they would be longer than they came. */
function utf8(data: Buffer): string {
  const text = data.toString('utf8');
  if (text.includes('\ufffd') && !isUtf8(data)) throw new Malformed('string that is not UTF-8');
  return text;
}

function readElements<T>(reader: Reader, wire: Wire, element: WireType<T>): T[] | null {
  const count = readLength(reader, wire);
  if (count < 0) return null;
  // Every element has at least one byte, so a wrong count is noticed before memory is reserved for it.
  if (count > reader.remaining) throw new Malformed(`array of ${count} in ${reader.remaining} bytes`);
  reader.countElements(count);
  const elements: T[] = [];
  for (let index = 0; index < count; index++) elements.push(element.read(reader, wire));
  return elements;
}

function writeElements<T>(writer: Writer, wire: Wire, element: WireType<T>, value: readonly T[] | null): void {
  writeLength(writer, wire, value === null ? -1 : value.length);
  for (const item of value ?? []) element.write(writer, item, wire);
}

function readLength(reader: Reader, wire: Wire): number {
  return wire.flexible ? reader.uvarint() - 1 : reader.int32();
}

function writeLength(writer: Writer, wire: Wire, length: number): void {
  if (wire.flexible) writer.uvarint(length + 1);
  else writer.int32(length);
}
