import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stream } from '../../src/plan/random.ts';

const seeds = fc.nat({ max: 0xffff_ffff });

test('the numbers of a stream never change between versions', () => {
  const random = stream(7, 'faults');
  expect([random.int(1000), random.range(5, 10), random.pick(['a', 'b', 'c']), random.float()]).toMatchInlineSnapshot(`
    [
      311,
      8,
      "c",
      0.8909975408824822,
    ]
  `);
});

test('same seed and name, same numbers; another name or seed, others', () => {
  const draw = (seed: number, name: string): number[] => {
    const random = stream(seed, name);
    return Array.from({ length: 8 }, () => random.int(1_000_000));
  };
  fc.assert(
    fc.property(seeds, seeds, fc.string(), fc.string(), (a, b, one, other) => {
      expect(draw(a, one)).toEqual(draw(a, one));
      if (a !== b) expect(draw(a, one)).not.toEqual(draw(b, one));
      if (one !== other) expect(draw(a, one)).not.toEqual(draw(a, other));
    }),
  );
});

test('numbers stay within their bounds', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 1000 }), fc.integer({ min: -500, max: 500 }), (seed, n, a) => {
      const random = stream(seed, 'x');
      expect(random.int(n)).toSatisfy((value: number) => value >= 0 && value < n);
      expect(random.range(a, a + n)).toSatisfy((value: number) => value >= a && value <= a + n);
      expect(random.float()).toSatisfy((value: number) => value >= 0 && value < 1);
    }),
  );
});

test('a shuffle keeps what it shuffles', () => {
  fc.assert(
    fc.property(seeds, fc.array(fc.integer()), (seed, items) => {
      expect(stream(seed, 'x').shuffle(items).toSorted()).toEqual(items.toSorted());
    }),
  );
});

test('small seeds are as good as any: one bit is drawn evenly over 1000 of them', () => {
  const ones = Array.from({ length: 1000 }, (_, seed) => stream(seed, 'f1/target').int(2)).filter(Boolean);
  expect(ones.length).toBeGreaterThan(430);
  expect(ones.length).toBeLessThan(570);
});

test('there is nothing to pick from nothing', () => {
  expect(() => stream(1, 'x').pick([])).toThrow('nothing to pick from in stream x');
});
