/** The parts that are only worth their speed if they are right: sets, planes, buckets, gaps, notes, ranges. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Details, rangeMessages, ranges } from '../../src/audit/fates/details.ts';
import { Watchlist } from '../../src/audit/fates/watchlist.ts';
import { Findings } from '../../src/audit/findings/finding.ts';
import { Sends } from '../../src/audit/history/sends.ts';
import { Histogram } from '../../src/audit/structures/histogram.ts';
import { blockRows, Notes, notedClasses, splitUnlistedName, unlistedName } from '../../src/audit/structures/notes.ts';
import { countBits, eachBit, layoutOf, loopPlane, validBits } from '../../src/audit/structures/planes.ts';
import { NamedBits, SparseBits } from '../../src/audit/structures/sparse.ts';
import { AckTimes, type Gap } from '../../src/audit/windows/outages.ts';
import { kinds, none16, noPosition, outcomes } from '../../src/journal/event.ts';
import { putRecord, recordSizeBytes, recordWords } from '../../src/journal/record.ts';
import { heap } from '../../src/loops/arrays.ts';
import { Loops } from '../../src/loops/loops.ts';

describe('sparse sets', () => {
  const value = fc.oneof(
    fc.nat(5000),
    fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    fc.integer({ min: 2 ** 31 - 5, max: 2 ** 33 }),
  );
  test('are sets', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), value), { maxLength: 400 }), (adds) => {
        const bits = new SparseBits();
        const sets = new Map<number, Set<number>>();
        for (const [set, added] of adds) {
          const known = sets.get(set) ?? new Set();
          sets.set(set, known);
          expect(bits.has(set, added)).toBe(known.has(added));
          expect(bits.add(set, added)).toBe(!known.has(added));
          known.add(added);
          expect(bits.has(set, added)).toBe(true);
          expect(bits.has(set + 1, added)).toBe(sets.get(set + 1)?.has(added) === true);
        }
        for (const [set, known] of sets) {
          const visited: number[] = [];
          bits.each(set, (each) => visited.push(each));
          expect(visited.sort((a, b) => a - b)).toEqual([...known].sort((a, b) => a - b));
        }
      }),
      { numRuns: 60 },
    );
  });
  test('grow past every first size', () => {
    const bits = new NamedBits();
    for (let at = 0; at < 3000; at += 1) expect(bits.add(at * 7, at * 1024)).toBe(true);
    for (let at = 0; at < 3000; at += 1) {
      expect(bits.has(at * 7, at * 1024)).toBe(true);
      expect(bits.has(at * 7, at * 1024 + 1)).toBe(false);
      expect(bits.add(at * 7, at * 1024)).toBe(false);
    }
    expect(bits.has(5, 0)).toBe(false);
    expect([...bits.names()]).toHaveLength(3000);
    const visited: number[] = [];
    bits.each(7, (each) => visited.push(each));
    bits.each(8, (each) => visited.push(each));
    expect(visited).toEqual([1024]);
  });
  test('cost little when their values lie far apart', () => {
    const bits = new SparseBits();
    for (let at = 0; at < 20_000; at += 1) bits.add(0, at * 2 ** 30);
    expect(bits.bytes).toBeLessThan(20_000 * 400);
  });
});

describe('planes', () => {
  test('every producer starts at a word of its own', () => {
    const layout = layoutOf(
      new Map([
        [3, 33],
        [1, 0],
        [9, 32],
      ]),
    );
    expect([layout.base[3], layout.base[1], layout.base[9], layout.words]).toEqual([0, 2, 2, 3]);
    expect([layout.base[0], layout.top[0], layout.top[3], layout.top[9]]).toEqual([-1, 0, 33, 32]);
  });
  test('bits are counted and visited', () => {
    fc.assert(
      fc.property(fc.integer(), (word) => {
        const set = [...(word >>> 0).toString(2)].reverse().flatMap((bit, at) => (bit === '1' ? [at] : []));
        const visited: number[] = [];
        eachBit(word, (bit) => visited.push(bit));
        expect(visited).toEqual(set);
        expect(countBits(word)).toBe(set.length);
      }),
    );
    expect([0, 1, 31, 32, 33, 64].map((top) => countBits(validBits(top, 0)))).toEqual([0, 1, 31, 32, 32, 32]);
    expect([0, 32, 33, 63, 64].map((top) => countBits(validBits(top, 1)))).toEqual([0, 0, 1, 31, 32]);
  });
});

describe('histogram', () => {
  test('percentiles are at most 0.1 % below the exact ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(5000), fc.nat(2 ** 31), fc.integer({ min: 0, max: 2 ** 32 - 1 })), { minLength: 1 }),
        (values) => {
          const histogram = new Histogram();
          for (const each of values) histogram.add(each);
          const sorted = [...values].sort((a, b) => a - b);
          const found = histogram.percentiles();
          if (sorted.at(-1) === 0) {
            expect(found).toBeUndefined();
            return;
          }
          const exact = (share: number) => sorted[Math.ceil(values.length * share) - 1] as number;
          expect(found?.count).toBe(values.length);
          for (const [key, share] of [
            ['p50Us', 0.5],
            ['p95Us', 0.95],
            ['p99Us', 0.99],
            ['p999Us', 0.999],
            ['maxUs', 1],
          ] as const) {
            expect(found?.[key]).toBeLessThanOrEqual(exact(share));
            expect(found?.[key]).toBeGreaterThanOrEqual(exact(share) * 0.999 - 1e-9);
          }
        },
      ),
    );
    expect(new Histogram().percentiles()).toBeUndefined();
  });
});

describe('gaps between acks', () => {
  const gapsOf = (times: AckTimes): Gap[] => {
    const gaps: Gap[] = [];
    times.eachGap((gap) => gaps.push(gap));
    return gaps;
  };
  const plain = (gaps: readonly Gap[]) => gaps.map(({ silentNs: _, ...gap }) => gap);
  test('those longer than a bucket are exact, in whatever order acks come and however often the buckets double', () => {
    const ms = fc.nat(400_000);
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 3 }), (acks, partitions) => {
        const times = new AckTimes(partitions);
        times.attempt(partitions - 1, 0);
        for (const each of acks) {
          times.reach(each * 1e6);
          times.ack(partitions - 1, each * 1e6);
        }
        times.answered(partitions - 1, 0, Math.max(...acks) * 1e6); // somebody waits all the time
        const sorted = [0, ...new Set(acks)].sort((a, b) => a - b);
        const exact = sorted.slice(1).map((each, at) => [(sorted[at] as number) * 1e6, each * 1e6]);
        const long = (gap: readonly (number | undefined)[]) => (gap[1] as number) - (gap[0] as number) > 64e6;
        expect(
          gapsOf(times)
            .map((gap) => [gap.fromNs, gap.toNs])
            .filter(long),
        ).toEqual(exact.filter(long));
        expect(gapsOf(times).every((gap) => gap.partition === partitions - 1 && !gap.open)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
  test('partitions are apart; attempts after the last ack leave it open', () => {
    const times = new AckTimes(2);
    times.attempt(0, 5e6);
    times.attempt(0, 4e6);
    times.ack(0, 10e6);
    times.attempt(1, 1e6);
    times.attempt(1, 90e6);
    times.attempt(1, 50e6);
    expect(plain(gapsOf(times))).toEqual([
      { partition: 0, fromNs: 4e6, toNs: 10e6, open: false },
      { partition: 1, fromNs: 1e6, toNs: 90e6, open: true },
    ]);
  });
  test('acks without a partition are judged together', () => {
    const times = new AckTimes(3);
    times.attempt(0, 1e6);
    times.attempt(2, 0);
    times.ack(65535, 20e6);
    times.attempt(2, 30e6);
    times.ack(2, 50e6);
    times.attempt(1, 70e6);
    times.attempt(0, 80e6);
    expect(plain(gapsOf(times))).toEqual([
      { partition: 0, fromNs: 0, toNs: 20e6, open: false },
      { partition: 0, fromNs: 30e6, toNs: 50e6, open: false },
      { partition: 0, fromNs: 70e6, toNs: 80e6, open: true },
    ]);
  });
  test('time in which nobody waits is no gap; failures go on until an ack', () => {
    const times = new AckTimes(1);
    times.attempt(0, 10e6);
    times.ack(0, 20e6);
    times.answered(0, 10e6, 20e6);
    times.attempt(0, 15e6); // unanswered at the ack, and abandoned
    times.abandoned(0, 15e6, 40e6);
    times.attempt(0, 900e6);
    times.answered(0, 900e6, 910e6); // failed
    times.attempt(0, 1500e6);
    times.answered(0, 1500e6, 1510e6);
    times.ack(0, 1510e6);
    times.attempt(0, 1600e6);
    times.abandoned(0, 1600e6, 1650e6);
    expect(gapsOf(times).map(({ fromNs, toNs, open }) => [fromNs / 1e6, toNs / 1e6, open])).toEqual([
      [10, 20, false],
      [20, 40, false],
      [900, 1510, false],
      [1600, 1650, false],
    ]);
    expect(gapsOf(times)[2]?.silentNs).toBe(20e6);
  });
  test('those that ended and lasted no longer than asked for are left out', () => {
    const times = new AckTimes(2);
    times.attempt(0, 0);
    times.ack(0, 50e6);
    times.attempt(0, 100e6);
    times.ack(0, 110e6);
    times.attempt(1, 100e6);
    times.attempt(1, 110e6);
    const gaps: Gap[] = [];
    const ignored = [50, 50, 49.999_999];
    times.eachGap(
      (gap) => gaps.push(gap),
      () => ignored.shift() ?? 0,
    );
    expect(plain(gaps)).toEqual([{ partition: 1, fromNs: 100e6, toNs: 110e6, open: true }]);
    times.eachGap(
      (gap) => gaps.push(gap),
      () => ignored.shift() ?? 0,
    );
    expect(plain(gaps)[1]).toEqual({ partition: 0, fromNs: 0, toNs: 50e6, open: false });
  });
  test('many partitions take no more memory', () => {
    const times = new AckTimes(5000);
    times.attempt(4999, 0);
    times.reach(3600e9);
    times.ack(4999, 3600e9);
    expect(plain(gapsOf(times))).toEqual([{ partition: 4999, fromNs: 0, toNs: 3600e9, open: false }]);
  });
});

/** Of a receipt by a group that is not the one that it is noted for. */
function note(
  notes: Notes,
  kind: number,
  group: number,
  producer: number,
  seq: number,
  { partition = 0, position = 0, atNs = 0, flags = 0 } = {},
): void {
  const words = new Int32Array(recordWords);
  putRecord(words, 0, kinds.received, flags, producer, seq, atNs, 0, position, partition, 0, 1, group + 1, 0);
  notes.add(kind, group, words, 0);
}

describe('notes', () => {
  test('come back as they were, by producer in order', () => {
    const notes = new Notes();
    const last = 2 * blockRows + 4; // in the third block
    for (let row = 0; row <= last; row += 1)
      note(notes, row % 7, row % 3, row % 5, row, {
        partition: row % 9,
        position: 2 ** 40 + row,
        atNs: row * 1e9,
        flags: row % 64,
      });
    expect(notes.at(last)).toEqual({
      class: notedClasses[last % 7],
      group: last % 3,
      producer: last % 5,
      seq: last,
      partition: last % 9,
      position: 2 ** 40 + last,
      atNs: last * 1e9,
      flags: last % 64,
    });
    const rows = notes.rowsByProducer();
    expect([...rows.keys()].sort()).toEqual([0, 1, 2, 3, 4]);
    for (const [producer, own] of rows) {
      const seqs = Array.from({ length: last + 1 }, (_, row) => row).filter((row) => row % 5 === producer);
      expect([...own]).toEqual(seqs);
      expect([...own].map((row) => notes.seqAt(row))).toEqual(seqs);
    }
  });
  test('a loop may write to the end of the block, and nothing beyond the limit', () => {
    const loops = new Loops();
    const bytesOf = (notes: Notes): number => notes.room[1] - notes.room[0];
    const notes = new Notes(loops, blockRows + 10);
    expect(notes.room).toEqual([0, 0]);
    for (let row = 0; row < 3; row += 1) note(notes, 1, 0, 7, row);
    expect(bytesOf(notes)).toBe((blockRows - 3) * recordSizeBytes);
    const [at] = notes.room;
    note(notes, 1, 0, 7, 3);
    expect(notes.room[0]).toBe(at + recordSizeBytes);
    for (let row = 4; row < blockRows; row += 1) note(notes, 1, 0, 7, row);
    expect(notes.room).toEqual([0, 0]);
    note(notes, 1, 0, 7, blockRows);
    expect(bytesOf(notes)).toBe(9 * recordSizeBytes);
  });
  test('beyond their limit only identities are kept', () => {
    const notes = new Notes(heap, 2);
    for (let seq = 0; seq < 5; seq += 1) note(notes, 4, 2, 65535, seq);
    expect([notes.count, notes.unlistedCount]).toEqual([2, 3]);
    const [name = 0] = notes.unlisted.names();
    expect(name).toBe(unlistedName(4, 2, 65535));
    expect(splitUnlistedName(name)).toEqual({ class: 'phantom', group: 2, producer: 65535 });
    expect([2, 3, 4].every((seq) => notes.unlisted.has(name, seq))).toBe(true);
  });
});

describe('details', () => {
  test('ranges cover every affected word once and stay below their size', () => {
    const affected = new Int32Array(3 * (rangeMessages / 32) + 7).fill(-1);
    const cuts = ranges(affected, rangeMessages);
    expect(cuts).toEqual([
      [0, 32768],
      [32768, 65536],
      [65536, 98304],
      [98304, 98311],
    ]);
    expect(ranges(new Int32Array([-1, 0, -1]), 1)).toEqual([
      [0, 1],
      [1, 3],
    ]);
    expect(ranges(new Int32Array(5), rangeMessages)).toEqual([]);
  });
  test('know only the affected messages of their range', () => {
    const affected = new Int32Array([0, 0b101, 0b1]);
    const details = new Details(affected, 1, 2);
    expect([31, 33, 64].map((seq) => details.of(seq, 5))).toEqual([undefined, undefined, undefined]);
    expect(details.of(32, 5)).toMatchObject({ settledAtNs: 5, attempts: 0 });
    expect(details.of(34, 5)).toBeDefined();
  });
});

test('details of a later range come from the same records', () => {
  const words = new Int32Array(4 * 8);
  putRecord(words, 0, kinds.intended, 0, 1, 70, 5e9, none16, noPosition, 3, 0, 1, 255, 255);
  putRecord(words, 8, kinds.outcome, outcomes.unknown, 1, 70, 6e9, none16, noPosition, none16, 0, 1, 255, 255);
  putRecord(words, 16, kinds.intended, 0, 1, 70, 7e9, none16, noPosition, 4, 0, 2, 255, 255);
  putRecord(words, 24, kinds.outcome, outcomes.acked, 1, 70, 8e9, none16, 99, 5, 0, 2, 255, 255);
  const details = new Details(new Int32Array([-1, -1, 0b1100_0000]), 2, 3);
  details.pass(words, 24);
  expect(details.of(70, 9e9)).toEqual({
    sentAtNs: 5e9,
    settledAtNs: 9e9,
    partition: 4,
    position: noPosition,
    attempts: 2,
  });
  details.pass(words.subarray(24), 8);
  expect(details.of(70, 9e9)).toEqual({ sentAtNs: 5e9, settledAtNs: 8e9, partition: 5, position: 99, attempts: 2 });
  expect(details.of(71, 9e9)?.attempts).toBe(0);
  expect(details.of(69, 9e9)).toBeUndefined();
  const both = new Details(new Int32Array([-1, -1, 0b1100_0000, 0b1]), 2, 4);
  both.pass(words, 32);
  expect(both.of(96, 9e9)?.attempts).toBe(0);
  putRecord(words, 0, kinds.intended, 0, 1, 96, 1e9, none16, noPosition, 3, 0, 1, 255, 255);
  both.pass(words.subarray(0, 8), 8);
  expect([70, 71, 96].map((seq) => both.of(seq, 9e9)?.attempts)).toEqual([2, 0, 1]);
  expect(both.of(70, 9e9)?.sentAtNs).toBe(5e9);
});

test('acks that name no partition are known to be such, and judged with all others', () => {
  const loops = new Loops();
  const layout = layoutOf(new Map([[1, 3]]), loops);
  const watchlist = new Watchlist(layout, loopPlane(layout));
  const sends = new Sends(loops, layout, new AckTimes(2, loops), undefined, watchlist);
  const put = (at: number, kind: number, seq: number, ns: number, partition: number) =>
    putRecord(loops.chunk, at * 8, kind, 0, 1, seq, ns, none16, noPosition, partition, 0, 1, 255, 255);
  for (let seq = 0; seq < 3; seq += 1) {
    put(seq * 2, kinds.intended, seq, 1e9 + seq * 1e8, seq & 1);
    put(seq * 2 + 1, kinds.outcome, seq, 1e9 + seq * 1e8 + 5e7, none16);
  }
  sends.begin(1);
  sends.pass(loops.chunk, 6 * 8);
  expect([sends.end().top, sends.ackTimes.placeless, sends.acked[0]]).toEqual([3, true, 0b111]);
  const gaps: Gap[] = [];
  sends.ackTimes.eachGap((gap) => gaps.push(gap));
  expect(gaps.map(({ fromNs, toNs }) => [fromNs / 1e6, toNs / 1e6])).toEqual([
    [1000, 1050],
    [1100, 1150],
    [1200, 1250],
  ]);
});

describe('the watchlist', () => {
  const messages = 100;
  const layout = layoutOf(
    new Map([
      [0, 40],
      [1, messages],
    ]),
  );
  const base = layout.base[1] as number;
  /** A producer that begins messages in turn, tries some again, and has or has not an answer, in any order. */
  const step = fc.record({
    begin: fc.boolean(),
    of: fc.nat(messages - 1),
    partition: fc.nat(2),
    code: fc.constantFrom(...Object.values(outcomes)),
    placed: fc.boolean(),
  });
  type Step = { begin: boolean; of: number; partition: number; code: number; placed: boolean };
  const recordsOf = (steps: readonly Step[]): Int32Array => {
    const words = new Int32Array(steps.length * 8);
    let next = 0;
    steps.forEach(({ begin, of, partition, code, placed }, at) => {
      const ns = 1e9 + at * 1e7;
      const seq = next === 0 ? 0 : of % next;
      if (begin && next < messages) {
        const first = (of & 3) !== 0 || next === 0;
        const [named, attempt] = first ? [next, 1] : [seq, 2];
        if (first) next += 1;
        putRecord(words, at * 8, kinds.intended, 0, 1, named, ns, none16, noPosition, partition, 0, attempt, 255, 255);
      } else if (next > 0) {
        const where = placed ? partition : none16;
        putRecord(
          words,
          at * 8,
          kinds.outcome,
          code,
          1,
          seq,
          ns,
          none16,
          placed ? at : noPosition,
          where,
          7,
          1,
          255,
          0,
        );
      }
    });
    return words;
  };
  const read = (words: Int32Array, suspects: Int32Array, most?: number): Watchlist => {
    const loops = new Loops();
    const own = { ...layout, arrays: loops };
    const plane = loopPlane(own);
    plane.set(suspects);
    const watchlist = new Watchlist(own, plane, most);
    const sends = new Sends(loops, own, new AckTimes(3, loops), undefined, watchlist);
    sends.begin(1);
    const half = words.length - (words.length >> 4) * 8;
    for (const part of [words.subarray(0, half), words.subarray(half)]) {
      loops.chunk.set(part);
      sends.pass(loops.chunk, part.length);
    }
    sends.end();
    return watchlist;
  };

  test('knows of a message what a second read would say, or nothing', () => {
    const suspects = fc.array(fc.integer(), { minLength: layout.words, maxLength: layout.words });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), suspects, (steps, bits) => {
        const words = recordsOf(steps);
        const watchlist = read(words, Int32Array.from(bits));
        const details = new Details(new Int32Array(4).fill(-1), 0, 4);
        details.pass(words, words.length);
        for (let seq = 0; seq < messages; seq += 1) {
          const [word, bit] = [base + (seq >>> 5), seq & 31];
          const kept = watchlist.of(word, bit, 9e15);
          const suspected = (((bits[word] as number) >>> bit) & 1) === 1;
          if (suspected && details.of(seq, 9e15)?.attempts !== 0) expect(kept).toBeDefined();
          expect(watchlist.hasAll(word, 1 << bit)).toBe(kept !== undefined);
          if (kept !== undefined) expect(kept).toEqual(details.of(seq, 9e15));
        }
      }),
      { numRuns: 300 },
    );
  });
  test('keeps no more rows than it may, and watches nobody when more are suspected', () => {
    const words = recordsOf(
      Array.from({ length: 80 }, () => ({ begin: true, of: 1, partition: 0, code: 0, placed: true })),
    );
    const kept = (watchlist: Watchlist): number =>
      Array.from({ length: 80 }, (_, seq) => watchlist.of(base + (seq >>> 5), seq & 31, 0)).filter(Boolean).length;
    expect(kept(read(words, new Int32Array(layout.words).fill(-1)))).toBe(80);
    expect(kept(read(words, new Int32Array(layout.words), 50))).toBe(50); // in flight at the end
    expect(kept(read(words, new Int32Array(layout.words).fill(-1), 50))).toBe(0);
  });
});

test('the worst few examples are kept, every finding goes out', () => {
  let count = 0;
  const findings = new Findings(() => {
    count += 1;
  });
  for (let at = 0; at < 20; at += 1) findings.list({ class: 'lost', message: `${at}`, proved: at === 17 });
  findings.list({ class: 'lost', message: '20', proved: false, fault: 'f1' });
  expect(count).toBe(21);
  expect(findings.examples('lost').map((each) => each.message)).toEqual(['0', '1', '2', '20', '17']);
  expect(findings.examples('skipped')).toEqual([]);
});
