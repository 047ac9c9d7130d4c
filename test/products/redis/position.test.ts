import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareIds, positionAfter, positionOf } from '../../../src/products/redis/client/position.ts';

const epochMs = Date.UTC(2025, 0, 1);

describe('positions of entries', () => {
  test('keep the order of ids, and are integers below 2^48 - 1', () => {
    const id = fc.tuple(fc.integer({ min: epochMs, max: Date.UTC(2033, 0, 1) }), fc.integer({ min: 0, max: 1023 }));
    fc.assert(
      fc.property(id, id, (a, b) => {
        const [left, right] = [`${a[0]}-${a[1]}`, `${b[0]}-${b[1]}`];
        const [first, second] = [positionOf(left) ?? -1, positionOf(right) ?? -1];
        expect(Math.sign(first - second)).toBe(Math.sign(compareIds(left, right)));
        expect(Number.isInteger(first) && first >= 0 && first < 2 ** 48 - 1).toBe(true);
        expect(positionAfter(left)).toBe(first + 1);
      }),
    );
  });

  test('an id that does not fit has none, and is passed by what comes after', () => {
    expect(positionOf(`${epochMs}-0`)).toBe(0);
    expect(positionOf(`${epochMs}-1023`)).toBe(1023);
    expect(positionOf(`${epochMs}-1024`)).toBeUndefined();
    expect(positionAfter(`${epochMs}-5000`)).toBe(1024);
    expect(positionOf('1-1')).toBeUndefined();
    expect(positionOf('0-0')).toBeUndefined();
    expect(positionAfter('0-0')).toBe(0);
    expect(positionOf('18446744073709551615-0')).toBeUndefined();
    expect(positionOf('odd')).toBeUndefined();
  });
});
