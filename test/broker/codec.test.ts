import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Api } from '../../src/broker/wire/api.ts';
import * as groups from '../../src/broker/wire/apis/groups.ts';
import * as offsets from '../../src/broker/wire/apis/offsets.ts';
import * as records from '../../src/broker/wire/apis/records.ts';
import * as routes from '../../src/broker/wire/apis/routes.ts';
import * as topics from '../../src/broker/wire/apis/topics.ts';
import * as versions from '../../src/broker/wire/apis/versions.ts';
import { crc32c } from '../../src/broker/wire/crc32c.ts';
import { FrameSplitter, frame } from '../../src/broker/wire/frame.ts';
import { Malformed, Reader } from '../../src/broker/wire/reader.ts';
import * as types from '../../src/broker/wire/types.ts';
import { Writer } from '../../src/broker/wire/writer.ts';

const modules = [groups, offsets, records, routes, topics, versions];
const apis = modules.flatMap((module) => Object.values(module)).filter(isApi);

function isApi(value: unknown): value is Api<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'key' in value;
}

/** A wire type together with values of it. */
interface Sample {
  readonly type: types.WireType<unknown>;
  readonly value: unknown;
}

const bytesOf = (maxLength: number) => fc.uint8Array({ maxLength }).map((data) => Buffer.from(data));
const of = <T>(type: types.WireType<T>, values: fc.Arbitrary<T>): fc.Arbitrary<Sample> =>
  values.map((value) => ({ type, value }));

const primitive: fc.Arbitrary<Sample> = fc.oneof(
  of(types.int8, fc.integer({ min: -128, max: 127 })),
  of(types.int16, fc.integer({ min: -32768, max: 32767 })),
  of(types.int32, fc.integer()),
  of(types.int64, fc.maxSafeInteger()),
  of(types.boolean, fc.boolean()),
  of(types.string, fc.string({ unit: 'binary' })),
  of(types.nullableString, fc.option(fc.string({ unit: 'binary' }))),
  of(types.bytes, bytesOf(9000)),
  of(types.nullableBytes, fc.option(bytesOf(20))),
  of(
    types.uuid,
    bytesOf(0).map(() => '00ff'.repeat(8)),
  ),
  of(types.array(types.int32), fc.array(fc.integer())),
  of(types.nullableArray(types.string), fc.option(fc.array(fc.string()))),
);

const fieldSample = fc.record({
  sample: primitive,
  since: fc.integer({ min: 0, max: 4 }),
  extra: fc.integer({ min: 0, max: 4 }),
});

describe('wire types', () => {
  test('a struct reads back what it wrote, and zeros where the version has no such field', () => {
    fc.assert(
      fc.property(
        fc.array(fieldSample, { maxLength: 6 }),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        (fields, version, flexible) => {
          const entries = fields.map(({ sample, since, extra }, index) => ({
            name: `f${index}`,
            sample,
            since,
            until: since + extra,
          }));
          const table = Object.fromEntries(
            entries.map(({ name, sample, since, until }) => [name, types.field(sample.type, `${since}-${until}`)]),
          );
          const value = Object.fromEntries(entries.map(({ name, sample }) => [name, sample.value]));
          const expected = Object.fromEntries(
            entries.map(({ name, sample, since, until }) => [
              name,
              version >= since && version <= until ? sample.value : sample.type.zero,
            ]),
          );
          const nested = types.array(types.struct(table));
          const writer = new Writer();
          nested.write(writer, [value, value], { version, flexible });
          const reader = new Reader(writer.finish());
          // An array of structs without any bytes cannot be told from a lie and is refused; give it some.
          if (reader.buffer.length < 7) return;
          expect(nested.read(reader, { version, flexible })).toEqual([expected, expected]);
          expect(reader.remaining).toBe(0);
        },
      ),
    );
  });

  test('whatever the bytes, reading ends in a value or in Malformed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...apis), fc.nat(12), bytesOf(200), (api, offset, data) => {
        const version = Math.min(api.max, api.min + offset);
        try {
          api.request.read(new Reader(data), { version, flexible: version >= api.flexibleFrom });
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each(apis.map((api) => [api.name, api] as const))('%s reads back its zeros in every version', (_, api) => {
    for (let version = api.min; version <= api.max; version++) {
      const wire = { version, flexible: version >= api.flexibleFrom };
      for (const type of [api.request, api.response]) {
        const writer = new Writer();
        type.write(writer, type.zero, wire);
        expect(type.read(new Reader(writer.finish()), wire)).toEqual(type.zero);
      }
    }
  });
});

describe('frames', () => {
  test('come out whole however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(bytesOf(300), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 90 })),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map(frame));
          const splitter = new FrameSplitter(300);
          const out: Buffer[] = [];
          let at = 0;
          for (const cut of [...cuts, stream.length]) {
            out.push(...splitter.push(stream.subarray(at, at + cut)));
            at += cut;
          }
          expect(Buffer.concat(out)).toEqual(Buffer.concat(payloads));
          expect(out.length).toBe(payloads.length);
        },
      ),
    );
  });

  test('small pieces are copied together: their own buffers are let go of', () => {
    const payload = Buffer.from(Array.from({ length: 40_000 }, (_, at) => at % 251));
    const stream = frame(payload);
    const splitter = new FrameSplitter(50_000);
    splitter.push(stream.subarray(0, 10));
    const piece = Buffer.alloc(1);
    let out: Buffer[] = [];
    for (const byte of stream.subarray(10)) {
      piece[0] = byte;
      out = splitter.push(piece);
    }
    expect(out).toEqual([payload]);
  });

  test('a wild length is refused before anything is kept', () => {
    expect(() => new FrameSplitter(1000).push(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(Malformed);
    expect(() => new FrameSplitter(1000).push(Buffer.from([255, 255, 255, 255]))).toThrow(Malformed);
  });
});

test('CRC-32C gives the check values of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
});

test('CRC-32C of any stretch of bytes is what its definition says', () => {
  const bytes = Buffer.from(Array.from({ length: 120_000 }, (_, index) => (index * 2654435761) >>> 24));
  for (const [start, end] of [
    [0, 1],
    [3, 18],
    [0, 16],
    [1, 33],
    [5, 49_157],
    [0, 49_152],
    [7, 98_321],
    [0, 120_000],
  ] as const)
    expect(crc32c(bytes, start, end), `${start} to ${end}`).toBe(bitByBit(bytes.subarray(start, end)));
});

function bitByBit(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
