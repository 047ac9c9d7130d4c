import { expect, test } from 'vitest';
import { atMost, upperBound } from '../../src/report/words/bound.ts';

/** One-sided 95 % upper bounds of Clopper and Pearson: quantiles 0.95 of Beta(k + 1, n - k), from tables. */
const known = [
  [0, 1, 0.95],
  [0, 10, 0.258866],
  [0, 20, 0.139108],
  [0, 60, 0.048703],
  [1, 10, 0.394163],
  [1, 20, 0.216106],
  [2, 20, 0.282619],
  [5, 10, 0.777559],
  [9, 10, 0.994884],
] as const;

test.each(known)('%i of %i: below %f', (k, n, bound) => {
  expect(upperBound(k, n)).toBeCloseTo(bound, 5);
});

test('none seen: the closed form', () => {
  for (const n of [1, 3, 20, 60, 1000, 100_000]) expect(upperBound(0, n)).toBeCloseTo(1 - 0.05 ** (1 / n), 9);
});

test('all of them, or nothing seen: no bound', () => {
  expect([upperBound(0, 0), upperBound(1, 1), upperBound(20, 20)]).toEqual([1, 1, 1]);
});

test('at the bound, so few are seen in one case of twenty', () => {
  for (const [k, n] of [
    [0, 7],
    [3, 19],
    [40, 60],
    [200, 5000],
  ] as const) {
    expect(atMost(k, n, upperBound(k, n))).toBeCloseTo(0.05, 9);
  }
});

test('tails of coins', () => {
  expect(atMost(0, 2, 0.5)).toBeCloseTo(0.25, 12);
  expect(atMost(1, 2, 0.5)).toBeCloseTo(0.75, 12);
  expect(atMost(5, 10, 0.5)).toBeCloseTo(0.623046875, 12);
});
