import { expect, test } from 'vitest';
import { drawSeed, parseSeed } from '../../src/plan/seed.ts';
import { caught } from '../profile/written.ts';

test.each([
  ['0', 0],
  ['4294967295', 0xffff_ffff],
  ['0xFF', 255],
  ['0xffffffff', 0xffff_ffff],
])('%s', (text, seed) => {
  expect(parseSeed(text)).toBe(seed);
});

test.each(['', '-1', '4294967296', '0x', '0x100000000', '1.5', 'ff', '1e3', ' 1'])('%j is no seed', (text) => {
  expect(caught(() => parseSeed(text)).message).toBe(
    `--seed: expected a whole number from 0 to 4294967295, decimal or 0x hex, got '${text}'`,
  );
});

test('a drawn seed can be given again', () => {
  const seed = drawSeed();
  expect(parseSeed(String(seed))).toBe(seed);
});
