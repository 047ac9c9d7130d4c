import { gzipSync } from 'node:zlib';
import { Reader } from '../../../src/broker/wire/reader.ts';
import { batchHeaderBytes, seal } from '../../../src/broker/wire/record-batch.ts';

export interface BatchOptions {
  readonly count?: number;
  readonly producerId?: number;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly timestampMs?: number;
  /** Of each record, after `timestampMs`; 0 where there is none. */
  readonly timestampDeltas?: readonly number[];
  readonly payload?: string;
  readonly gzip?: boolean;
}

/** A record batch of records without keys; the first has the payload as its value, the others have none. */
export function batch({
  count = 1,
  producerId = -1,
  epoch = -1,
  sequence = -1,
  timestampMs = 0,
  timestampDeltas = [],
  payload = 'x',
  gzip = false,
}: BatchOptions = {}) {
  const records = Array.from({ length: count }, (_, index) =>
    record(index, timestampDeltas[index] ?? 0, index === 0 ? Buffer.from(payload) : undefined),
  );
  const content = gzip ? gzipSync(Buffer.concat(records)) : Buffer.concat(records);
  const newestMs = timestampMs + Math.max(0, ...timestampDeltas);
  const data = Buffer.alloc(batchHeaderBytes);
  data.writeInt32BE(batchHeaderBytes + content.length - 12, 8);
  data[16] = 2;
  data.writeInt16BE(gzip ? 1 : 0, 21);
  data.writeInt32BE(count - 1, 23);
  data.writeBigInt64BE(BigInt(timestampMs), 27);
  data.writeBigInt64BE(BigInt(newestMs), 35);
  data.writeBigInt64BE(BigInt(producerId), 43);
  data.writeInt16BE(epoch, 51);
  data.writeInt32BE(sequence, 53);
  data.writeInt32BE(count, 57);
  return seal(Buffer.concat([data, content]));
}

export function record(offsetDelta: number, timestampDelta: number, value: Buffer | undefined): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    varint(-1),
    varint(value?.length ?? -1),
    value ?? Buffer.alloc(0),
    varint(0),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

/** Zigzag, up to 2^52. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value >= 0 ? value * 2 : -value * 2 - 1;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) + 0x80);
  return Buffer.from([...bytes, left]);
}

/** The value of the first record of a batch that is not compressed. */
export function payloadOf(stored: Buffer): string {
  const reader = new Reader(stored, batchHeaderBytes);
  const next = () => {
    const value = reader.uvarint();
    return (value >>> 1) ^ -(value & 1);
  };
  next();
  reader.advance(1);
  for (let at = 0; at < 3; at++) next();
  return reader.take(next()).toString();
}
