import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decompress } from '../../src/broker/wire/compression/decompress.ts';
import { TooLarge } from '../../src/broker/wire/compression/output.ts';
import { xxh32 } from '../../src/broker/wire/compression/xxh32.ts';
import { Malformed } from '../../src/broker/wire/reader.ts';
import { ContentBudget, checkBatch } from '../../src/broker/wire/record-batch.ts';
import { batch } from './support/batches.ts';
import { cases, damaged, withContent } from './support/damaged.ts';

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

test('the batches of one request may be decompressed to so much together, bombs included', () => {
  const bomb = withContent(gzipSync(Buffer.alloc(70_000_000)), 1);
  const good = batch({ count: 2, gzip: true });
  const budget = new ContentBudget();
  for (let at = 0; at < 3; at++) expect(checkBatch(bomb, 1_000_000, 4, budget)).toBe(10);
  expect(checkBatch(good, 1_000_000, 4, budget)).toMatchObject({ count: 2 });
  expect(checkBatch(bomb, 1_000_000, 4, budget)).toBe(10);
  expect(checkBatch(good, 1_000_000, 4, budget)).toBe(10);
  expect(checkBatch(batch(), 1_000_000, 4, budget)).toMatchObject({ count: 1 });
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

  test.each([
    ['', 0x02cc5d05],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('XXH32 of %j', (data, expected) => {
    expect(xxh32(Buffer.from(data))).toBe(expected);
  });

  test('what every client checks of an LZ4 frame is checked before it is stored', () => {
    const stored = [0x03, 0, 0, 0x80, 0x61, 0x62, 0x63];
    const frameOf = (flags: number, sizes: number, ...more: number[]) => {
      const descriptor = [flags, sizes];
      const head = [0x04, 0x22, 0x4d, 0x18, ...descriptor, (xxh32(Buffer.from(descriptor)) >>> 8) & 0xff];
      return Buffer.from([...head, ...stored, ...more]);
    };
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(xxh32(Buffer.from('abc')));
    const read = (frame: Buffer) => decompress(frame, 3, 1000).toString();
    expect(read(frameOf(0x60, 0x40, 0, 0, 0, 0))).toBe('abc');
    expect(read(frameOf(0x64, 0x70, 0, 0, 0, 0, ...sum))).toBe('abc');
    expect(read(frameOf(0x70, 0x40, ...sum, 0, 0, 0, 0))).toBe('abc');
    const damagedHead = frameOf(0x60, 0x40, 0, 0, 0, 0);
    damagedHead[6] = 0x81;
    const wrong = [
      ...[damagedHead, frameOf(0x64, 0x40, 0, 0, 0, 0, 1, 2, 3, 4), frameOf(0x70, 0x40, 1, 2, 3, 4, 0, 0, 0, 0)],
      ...[frameOf(0x40, 0x40, 0, 0, 0, 0), frameOf(0x62, 0x40, 0, 0, 0, 0), frameOf(0x60, 0x30, 0, 0, 0, 0)],
      ...[frameOf(0x60, 0xc0, 0, 0, 0, 0), frameOf(0x60, 0x41, 0, 0, 0, 0)],
    ];
    for (const frame of wrong) expect(() => read(frame), frame.toString('hex')).toThrow(Malformed);
  });

  test('no more than the limit is decompressed', () => {
    expect(() => decompress(gzipSync(text), 1, 100)).toThrow(TooLarge);
    const window = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00]);
    expect(() => decompress(window, 4, 1_000_000)).toThrow(TooLarge);
    const blocks = [...Array(99).fill([2, 0, 0x10, 0]).flat(), 3, 0, 0x10, 0];
    const repeated = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, ...blocks]);
    expect(() => decompress(repeated, 4, 8_000_000)).toThrow(TooLarge);
  });
});

function lz4(blocks: readonly number[]): Buffer {
  return Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, ...blocks, 0, 0, 0, 0]);
}
