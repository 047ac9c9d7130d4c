import { Reader } from '../wire/reader.ts';
import { batchHeaderBytes, seal } from '../wire/record-batch.ts';

/** A copy of a batch without its producer's id, so that nothing recognizes it as a duplicate. */
export function anonymous(batch: Buffer): Buffer {
  const copy = Buffer.from(batch);
  copy.fill(0xff, 43, 57);
  return seal(copy);
}

/** The value of a batch's first record, as a view. Undefined if it has no value or the batch is compressed. */
export function firstValue(batch: Buffer): Buffer | undefined {
  const isCompressed = (batch.readInt16BE(21) & 7) !== 0;
  if (isCompressed) return undefined;
  const reader = new Reader(batch.subarray(batchHeaderBytes));
  varint(reader); // size of the record
  reader.int8();
  varint(reader); // time
  varint(reader); // offset
  reader.take(Math.max(0, varint(reader)));
  const size = varint(reader);
  return size > 0 ? reader.take(size) : undefined;
}

/** A batch of one record without key and headers, with the timestamps of the batch `like`. */
export function batchOf(value: Buffer, like: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([0, 0, 0, 1]), toVarint(value.length), value, Buffer.from([0])]);
  const batch = anonymous(Buffer.concat([like.subarray(0, batchHeaderBytes), toVarint(body.length), body]));
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(0, 21);
  batch.writeInt32BE(0, 23);
  batch.writeInt32BE(1, 57);
  return seal(batch);
}

/** Zigzag, as in protocol buffers. */
function varint(reader: Reader): number {
  const value = reader.uvarint();
  return (value >>> 1) ^ -(value & 1);
}

function toVarint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value * 2;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Buffer.from([...bytes, left]);
}
