import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decompress } from '../../src/broker/wire/compression/decompress.ts';
import { TooLarge } from '../../src/broker/wire/compression/output.ts';
import { batchHeaderBytes, checkBatch, seal } from '../../src/broker/wire/record-batch.ts';
import { type BatchOptions, batch, record, varint } from './support/batches.ts';

/** A batch of 3 records, changed, under a right checksum. */
function damaged(change: (data: Buffer) => unknown, options: BatchOptions = {}): Buffer {
  const data = batch({ count: 3, payload: 'a value', ...options });
  change(data);
  return seal(data);
}

/** Announces so many records, in both fields. */
function count(data: Buffer, records: number): void {
  data.writeInt32BE(records, 57);
  data.writeInt32BE(records - 1, 23);
}

function withContent(content: Buffer, codec = 0): Buffer {
  const head = batch().subarray(0, batchHeaderBytes);
  const data = Buffer.concat([head, content]);
  data.writeInt32BE(data.length - 12, 8);
  data.writeInt16BE(codec, 21);
  return seal(data);
}

const good = record(0, 0, Buffer.from('v'));
const body = (...parts: Buffer[]) => Buffer.concat([varint(Buffer.concat(parts).length), ...parts]);

/** What a client may send under a right checksum, and Kafka's error code. */
const cases: readonly (readonly [what: string, data: Buffer, errorCode: number])[] = [
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

describe('damaged batches under a right checksum', () => {
  test.each(cases)('%s', (_, data, errorCode) => {
    expect(checkBatch(data, 1_000_000)).toBe(errorCode);
  });

  test('a newest time that is none of its records is corrected, as Kafka does', () => {
    const data = damaged((wrong) => wrong.writeBigInt64BE(2n ** 63n - 1n, 35), { timestampDeltas: [0, 9, 5] });
    expect(checkBatch(data, 1_000_000)).toMatchObject({ maxTimestampMs: 9 });
    expect(data.readBigInt64BE(35)).toBe(9n);
    expect(checkBatch(data, 1_000_000)).toMatchObject({ maxTimestampMs: 9 });
  });

  test('zstd is refused where the client speaks Produce 6 or older', () => {
    const data = withContent(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00]), 4);
    expect(checkBatch(data, 1_000_000, 3)).toBe(76);
    expect(checkBatch(data, 1_000_000)).toBe(87);
  });

  test('whatever the content, the check ends in an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 7 }), (content, codec) => {
        expect(typeof checkBatch(withContent(Buffer.from(content), codec), 1_000_000)).toBe('number');
      }),
      { numRuns: 5000 },
    );
  });
});

describe('compressed records', () => {
  const text = Buffer.from('to be or not to be or not to be '.repeat(100));

  test.each([
    ['snappy, one block', 2, Buffer.from([6, 0x14, ...Buffer.from('abcdef')]), 'abcdef'],
    ['snappy, a copy that overlaps', 2, Buffer.from([9, 0x04, 0x61, 0x62, 0x0d, 2]), 'ababababa'],
    ['lz4, a stored block', 3, lz4([0x82, 0, 0, 0x80, ...Buffer.alloc(130, 0x61)]), 'a'.repeat(130)],
    ['lz4, literals and a copy', 3, lz4([6, 0, 0, 0, 0x25, 0x61, 0x62, 2, 0, 0x00]), 'ababababababa'.slice(0, 11)],
    ['zstd, a raw block', 4, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19, 0, 0, 0x61, 0x62, 0x63]), 'abc'],
  ])('%s', (_, codec, data, expected) => {
    expect(decompress(data, codec, 1000).toString()).toBe(expected);
  });

  test('no more than the limit is decompressed', () => {
    expect(() => decompress(gzipSync(text), 1, 100)).toThrow(TooLarge);
    const window = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00]);
    expect(() => decompress(window, 4, 1_000_000)).toThrow(TooLarge);
    const repeated = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, ...Array(99).fill([2, 0, 0x10, 0]).flat()]);
    expect(() => decompress(repeated, 4, 8_000_000)).toThrow(TooLarge);
  });
});

function lz4(blocks: readonly number[]): Buffer {
  return Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, ...blocks, 0, 0, 0, 0]);
}
