import { randomInt } from 'node:crypto';
import { ToolError } from '../errors.ts';

const largest = 0xffff_ffff;

/** A seed as given on the command line: an unsigned 32-bit integer, decimal or 0x hex. Throws a ToolError. */
export function parseSeed(text: string): number {
  const seed = /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : Number.NaN;
  if (seed <= largest) return seed;
  throw new ToolError(`--seed: expected a whole number from 0 to ${largest}, decimal or 0x hex, got '${text}'`, {
    code: 'seed',
    hint: 'leave it out to have one drawn; every run prints its seed',
  });
}

/** A seed that nobody chose. The one thing that does not follow from a seed is the seed. */
export function drawSeed(): number {
  return randomInt(largest + 1);
}
