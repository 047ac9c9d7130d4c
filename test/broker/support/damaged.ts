import { gzipSync } from 'node:zlib';
import { batchHeaderBytes, seal } from '../../../src/broker/wire/record-batch.ts';
import { type BatchOptions, batch, record, varint } from './batches.ts';

/** A batch of 3 records, changed, under a right checksum. */
export function damaged(change: (data: Buffer) => unknown, options: BatchOptions = {}): Buffer {
  const data = batch({ count: 3, payload: 'a value', ...options });
  change(data);
  return seal(data);
}

/** Announces so many records, in both fields. */
function count(data: Buffer, records: number): void {
  data.writeInt32BE(records, 57);
  data.writeInt32BE(records - 1, 23);
}

export function withContent(content: Buffer, codec = 0): Buffer {
  const head = batch().subarray(0, batchHeaderBytes);
  const data = Buffer.concat([head, content]);
  data.writeInt32BE(data.length - 12, 8);
  data.writeInt16BE(codec, 21);
  return seal(data);
}

const good = record(0, 0, Buffer.from('v'));
const body = (...parts: Buffer[]) => Buffer.concat([varint(Buffer.concat(parts).length), ...parts]);

/** What a client may send under a right checksum, and Kafka's error code. */
export const cases: readonly (readonly [what: string, data: Buffer, errorCode: number])[] = [
  ['content that is no record', withContent(Buffer.from('x')), 87],
  ['content of zeros', withContent(Buffer.alloc(40)), 87],
  ['no content', withContent(Buffer.alloc(0)), 87],
  ['fewer records than announced', damaged((data) => count(data, 4)), 87],
  ['more records than announced', damaged((data) => count(data, 2)), 87],
  ['counts that disagree', damaged((data) => data.writeInt32BE(5, 23)), 87],
  ['a negative count', damaged((data) => data.writeInt32BE(-1, 57)), 87],
  ['a record longer than the batch', damaged((data) => (data[batchHeaderBytes] = 0x7e)), 87],
  ['a negative record length', withContent(varint(-20)), 87],
  ['an offset delta that is not due', withContent(record(7, 0, Buffer.from('v'))), 87],
  ['a key longer than its record', withContent(body(Buffer.alloc(3), varint(50), varint(-1), varint(0))), 87],
  ['a value of negative length', withContent(body(Buffer.alloc(3), varint(-1), varint(-2), varint(0))), 87],
  ['a negative header count', withContent(body(Buffer.alloc(3), varint(-1), varint(-1), varint(-1))), 87],
  ['a million headers', withContent(body(Buffer.alloc(3), varint(-1), varint(-1), varint(1_000_000))), 87],
  ['a header without key', withContent(body(Buffer.alloc(3), varint(-1), varint(-1), varint(1), varint(-1))), 87],
  ['bytes behind the last record', withContent(Buffer.concat([good, Buffer.from('more')])), 87],
  ['a length that no varint has', withContent(Buffer.alloc(30, 0xff)), 87],
  ['gzip that is none', damaged((data) => data.writeInt16BE(1, 21)), 2],
  ['gzip cut short', withContent(gzipSync(good).subarray(0, 12), 1), 2],
  ['gzip of no record', withContent(gzipSync(Buffer.from('x')), 1), 87],
  ['snappy that is none', damaged((data) => data.writeInt16BE(2, 21)), 2],
  ['lz4 that is none', damaged((data) => data.writeInt16BE(3, 21)), 2],
  ['zstd that is none', damaged((data) => data.writeInt16BE(4, 21)), 2],
  ['codec 5', damaged((data) => data.writeInt16BE(5, 21)), 76],
  ['a base time of 2^63 - 1', damaged((data) => data.writeBigInt64BE(2n ** 63n - 1n, 27)), 32],
  ['a base time before -1', damaged((data) => data.writeBigInt64BE(-5n, 27)), 32],
  ['a gzip bomb', withContent(gzipSync(Buffer.alloc(100_000_000)), 1), 10],
];
