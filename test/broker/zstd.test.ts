import { describe, expect, test } from 'vitest';
import { TooLarge } from '../../src/broker/wire/compression/output.ts';
import { lowerXxh64 } from '../../src/broker/wire/compression/xxh64.ts';
import { decompressZstd } from '../../src/broker/wire/compression/zstd.ts';
import { Malformed } from '../../src/broker/wire/reader.ts';

/** What the `zstd` program (1.5.4) makes of it, with the checksum that it writes unless told otherwise. */
const samples = [
  { content: Buffer.from('abc'), frame: 'KLUv/SQDGQAAYWJjmQl3rQ==' },
  {
    content: Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index % 97};`).join('')),
    frame:
      'KLUv/aTqaAIAvAMA4gYRDtDnpQ+CBJEySZlSX4gT40IIIYS4u7u7uzMzMzMz+////6uqqqqqiIiIiIhs27bttm3bliRJkhRnL3IJyClmBEBOMQFgqBD4wt4BwJPKNRKQ4e////9v//wBFTCFVcQnkRhJiI9w2AjDRZTBsnSsAqN1SwFNAAAAAQDnaOv/roH0DRFE',
  },
  {
    content: Buffer.from(Array.from({ length: 150 }, (_, index) => (index * 167 + 13 * (index >> 3)) & 255)),
    frame:
      'KLUv/SSWZQIAtAMAp071nEPqkUXskzrhiC/WijHYfybNdBvPdh3EaxK5YBS7YgmwV/6lWZ7jKG2y9zyBxgtQldqBKM92HQ2kEPD6fw/gNQcEkGF7B25aUyw=',
  },
].map(({ content, frame }) => ({ content, frame: Buffer.from(frame, 'base64') }));
const limitBytes = 16 * 1024 * 1024;

describe('Zstandard', () => {
  test.each(samples)('a frame of $content.length bytes is checked by its checksum', ({ content, frame }) => {
    expect(decompressZstd(frame, limitBytes).equals(content)).toBe(true);
    for (let at = frame.length - 4; at < frame.length; at++) {
      const damaged = Buffer.from(frame);
      damaged.writeUInt8((damaged.readUInt8(at) + 1) & 255, at);
      expect(() => decompressZstd(damaged, limitBytes)).toThrow(Malformed);
    }
  });

  test('frames follow one another, and what holds nothing is passed over', () => {
    const nothing = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const all = Buffer.concat(samples.flatMap(({ frame }) => [nothing, frame]));
    expect(decompressZstd(all, limitBytes).equals(Buffer.concat(samples.map(({ content }) => content)))).toBe(true);
    expect(() => decompressZstd(all.subarray(0, -1), limitBytes)).toThrow(Malformed);
  });

  test('no frame gets a window beyond the limit, be it the first or a later one', () => {
    const hungry = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xa0, 1, 0, 0]);
    expect(() => decompressZstd(hungry, limitBytes)).toThrow(TooLarge);
    expect(() => decompressZstd(Buffer.concat([samples[0]?.frame ?? hungry, hungry]), limitBytes)).toThrow(TooLarge);
  });

  // https://github.com/Cyan4973/xxHash: the check values of XXH64 with seed 0
  test('XXH64 gives its check values', () => {
    expect(lowerXxh64(Buffer.alloc(0))).toBe(0x51d8e999);
    expect(lowerXxh64(Buffer.from('a'))).toBe(0xa98c6e5b);
    expect(lowerXxh64(Buffer.from('abc'))).toBe(0xad770999);
  });
});
