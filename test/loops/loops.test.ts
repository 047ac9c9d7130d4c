import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import { kinds, marks, none8, none16, noPosition, outcomes } from '../../src/journal/event.ts';
import { isWhole, putRecord, recordSizeBytes, recordWords } from '../../src/journal/record.ts';
import { Loops, takeLoops } from '../../src/loops/loops.ts';

test('what is compiled to WebAssembly is fresh (node scripts/build-wasm.mjs)', async () => {
  const { binaryText, wasmFolders } = await import('../../scripts/build-wasm.mjs');
  for (const folder of Object.keys(wasmFolders))
    expect(readFileSync(join(packageFolder, folder, 'binary.ts'), 'utf8')).toBe(
      await binaryText(packageFolder, folder),
    );
});

test('the numbers of the loops are those of the journal', () => {
  const { records } = new Loops();
  const numbers = {
    ...{ end: kinds.end, intended: kinds.intended, outcome: kinds.outcome, received: kinds.received, mark: kinds.mark },
    ...{ acked: outcomes.acked, none8, none16, noPosition, recordBytes: recordSizeBytes },
  };
  for (const [name, value] of Object.entries(numbers))
    expect([name, Number(records.setting(name).value)]).toEqual([name, value]);
});

describe('whole records', () => {
  const record = fc.record({
    kind: fc.integer({ min: 1, max: 30 }),
    code: fc.nat(255),
    seq: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    atNs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    position: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    flip: fc.option(fc.nat(recordSizeBytes * 8 - 1), { freq: 4 }),
  });

  /** What the loop must say, by the rule for one record. */
  const firstDamage = (words: Int32Array, endWord: number): number => {
    for (let at = 0; at < endWord; at += recordWords) {
      if (!isWhole(words, at)) return at;
      if (((words[at] as number) & 0xff) === kinds.mark) return at + recordWords;
    }
    return endWord;
  };

  test('end where the rule for one record says, or behind a mark', () => {
    const loops = new Loops();
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), (records) => {
        records.forEach(({ kind, code, seq, atNs, position, flip }, index) => {
          const at = index * recordWords;
          putRecord(loops.chunk, at, kind, code, 3, seq, atNs, none16, position, 7, seq, 1, 255, 0);
          if (flip === null) return;
          const word = at + (flip >>> 5);
          loops.chunk[word] = (loops.chunk[word] as number) ^ (1 << (flip & 31));
        });
        const endWord = records.length * recordWords;
        expect(loops.records.run(0, endWord)).toBe(firstDamage(loops.chunk, endWord));
      }),
      { numRuns: 500 },
    );
  });

  test('begin where they are asked for', () => {
    const loops = new Loops();
    for (let at = 0; at < 4 * recordWords; at += recordWords) {
      const kind = at === 0 ? kinds.mark : kinds.received;
      putRecord(loops.chunk, at, kind, marks.closed, 1, 5, 9, none16, 9, none16, 0, 1, 0, 0);
    }
    expect([loops.records.run(0, 32), loops.records.run(8, 32), loops.records.run(32, 32)]).toEqual([8, 32, 32]);
  });
});

describe('memory', () => {
  test('grows under arrays that stay what they are', () => {
    const loops = new Loops();
    const first = loops.int32(1000).fill(-7);
    const later = loops.float64(1 << 20).fill(0.5);
    const bytes = loops.uint8(3);
    expect([...loops.uint32(2), ...bytes]).toEqual([0, 0, 0, 0, 0]);
    expect(first.every((each) => each === -7)).toBe(true);
    expect(later.every((each) => each === 0.5)).toBe(true);
    loops.sends.set({ ackedBits: first, cells: later });
    expect(loops.sends.setting('cells').value).toBe(later.byteOffset);
  });

  test('is as it was at first when it is taken again', () => {
    const loops = takeLoops();
    const first = loops.int32(100).fill(-1);
    loops.sends.set({ ackedBits: first, doubting: 2, endNs: 5.5 });
    loops[Symbol.dispose]();
    const again = takeLoops();
    expect(again).toBe(loops);
    expect(['ackedBits', 'doubting', 'endNs'].map((name) => again.sends.setting(name).value)).toEqual([0, 0, 0]);
    const longer = again.int32(300);
    expect([longer.byteOffset, ...new Set(longer)]).toEqual([first.byteOffset, 0]);
    expect([...again.float64(4)]).toEqual([0, 0, 0, 0]);
    again[Symbol.dispose]();
  });

  test('an array from elsewhere is no setting, and neither is a name that no loop has', () => {
    const loops = new Loops();
    expect(() => loops.sends.set({ ackedBits: new Int32Array(4) })).toThrow(
      'ackedBits is not in the memory of the loops',
    );
    expect(() => loops.sends.set({ ackedBits: new Loops().int32(4) })).toThrow('ackedBits is not in');
    expect(() => loops.sends.set({ bits: 1 })).toThrow('the loop has no setting bits');
  });

  test('a history beyond 4 GiB is refused by name', () => {
    expect(() => new Loops().uint8(2 ** 32)).toThrow(/this history needs 4097 MiB to audit: there is no more/);
  });
});
