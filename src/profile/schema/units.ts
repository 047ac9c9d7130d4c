/**
 * The leaves of the file format: values with their unit written out. Each has one sentence of what it expects, which is
 * the error text whatever is wrong with the value.
 */
import { z } from 'zod';
import type { UsualWords } from '../../suggest.ts';
import { usualWords } from './usual-words.ts';

/** A day: what any duration is at most. A timer of Node takes 24 days; a longer one would fire at once. */
export const longestMs = 24 * 3_600_000;

/** Milliseconds of `100ms`, `3s`, `1.5s`, `5m`, `2h`. */
export function duration(minMs = 1, maxMs = longestMs) {
  const expectation = `expected a duration from ${spell(minMs)} to ${spell(maxMs)}, such as 3s, 100ms or 5m`;
  return leaf(/^\d+(\.\d+)?(ms|s|m|h)$/, expectation, (text) => within(milliseconds(text), minMs, maxMs));
}

/** A duration that stays as it is written: what a plan repeats word for word. Read it with `milliseconds`. */
export function durationText(minMs: number, maxMs: number) {
  const error = `expected a duration from ${spell(minMs)} to ${spell(maxMs)}, such as 3s, 100ms or 5m`;
  return z
    .string({ error })
    .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, { error, abort: true })
    .refine((written) => within(milliseconds(written), minMs, maxMs) !== undefined, { error });
}

/** Milliseconds of `<10s`. */
export function durationBound() {
  return leaf(/^<\s*\d+(\.\d+)?(ms|s|m|h)$/, 'expected a bound such as <10s', (text) =>
    within(milliseconds(text.slice(1).trim()), 1, longestMs),
  );
}

/** Milliseconds of `3s..8s`, or of `5s` as the range from 5s to 5s. */
export function durationRange() {
  return leaf(
    /^\d+(\.\d+)?(ms|s|m|h)(\s*\.\.\s*\d+(\.\d+)?(ms|s|m|h))?$/,
    'expected an interval such as 5s or 3s..8s, from 100ms up, the smaller end first',
    (text) => {
      const [first = '', second = first] = text.split('..').map((part) => part.trim());
      const fromMs = within(milliseconds(first), 100, 3_600_000);
      const toMs = within(milliseconds(second), 100, 3_600_000);
      return fromMs === undefined || toMs === undefined || toMs < fromMs ? undefined : { fromMs, toMs };
    },
  );
}

/** Fraction 0–1 of `40%`. */
export function percentage() {
  return leaf(/^\d+(\.\d+)?%$/, 'expected a percentage from 0% to 100%, such as 40%', fraction);
}

/** A percentage above 0% that stays as it is written. Read it with `fractionOf`. */
export function percentageText() {
  const error = 'expected a percentage above 0%, up to 100%, such as 40%';
  return z
    .string({ error })
    .regex(/^\d+(\.\d+)?%$/, { error, abort: true })
    .refine((written) => fractionOf(written) > 0 && fractionOf(written) <= 1, { error });
}

/** Of a percentage as written. */
export function fractionOf(written: string): number {
  return Number(written.slice(0, -1)) / 100;
}

/** Fraction 0–1 of `>=95%`. */
export function leastPercentage() {
  return leaf(/^>=\s*\d+(\.\d+)?%$/, 'expected a least percentage in quotes, such as ">=95%"', (text) =>
    fraction(text.slice(2).trim()),
  );
}

/** Messages a second of `2000/s`, or `max`. */
export function rate() {
  return leaf(
    /^(\d+\/s|max)$/,
    "expected a rate such as 2000/s, or 'max'",
    (text) => (text === 'max' ? ('max' as const) : within(Number(text.slice(0, -2)), 1, 10_000_000)),
    { unlimited: 'max', maximum: 'max', unbounded: 'max' },
  );
}

const bytesPerUnit: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 * 1024 };

/** Bytes of `256B`, `4KiB`, `1MiB`. */
export function size(minBytes: number, maxBytes: number) {
  const expectation = `expected a size from ${minBytes}B to ${maxBytes / 1024}KiB, such as 256B or 4KiB`;
  return leaf(/^\d+(B|KiB|MiB)$/, expectation, (text) => within(bytesOf(text), minBytes, maxBytes));
}

/** A size that stays as it is written, as `durationText` does. Read it with `bytesOf`. */
export function sizeText(minBytes: number, maxBytes: number) {
  const error = `expected a size from ${minBytes}B to ${maxBytes / 1_048_576}MiB, such as 256B, 64KiB or 1MiB`;
  return z
    .string({ error })
    .regex(/^\d+(B|KiB|MiB)$/, { error, abort: true })
    .refine((written) => within(bytesOf(written), minBytes, maxBytes) !== undefined, { error });
}

/** A whole number. */
export function whole(min: number, max: number) {
  const error = `expected a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** One of these words; `usual` says what they are called elsewhere. */
export function choice<const T extends readonly [string, ...string[]]>(words: T, usual: UsualWords = {}) {
  return z.enum(words, { error: `expected ${orOf(words)}` }).register(usualWords, usual);
}

/** What `async` and `sync` are called elsewhere. */
export const usualSync: UsualWords = {
  synchronous: 'sync',
  synchronously: 'sync',
  asynchronous: 'async',
  asynchronously: 'async',
};

/** A piece of text that is not empty. */
export function text(expectation = 'expected text', pattern = /\S/) {
  return z.string({ error: expectation }).regex(pattern, { error: expectation });
}

/** True or false. */
export function flag() {
  return z.boolean({ error: 'expected true or false' });
}

/** `'a' | 'b'`. */
export function orOf(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' | ');
}

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `2s`, `100ms`, `5m`, `24h`: a duration as a profile would write it. */
export function spell(durationMs: number): string {
  if (durationMs >= unitsMs.h && durationMs % unitsMs.h === 0) return `${durationMs / unitsMs.h}h`;
  if (durationMs >= 60_000 && durationMs % 60_000 === 0) return `${durationMs / 60_000}m`;
  return durationMs >= 1000 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}

/**
 * Text of a pattern, parsed; `parse` gives undefined for a value that is out of bounds. `usual` says what its words are
 * called elsewhere.
 */
export function leaf<T>(
  pattern: RegExp,
  expectation: string,
  parse: (text: string) => T | undefined,
  usual: UsualWords = {},
) {
  return z
    .string({ error: expectation })
    .regex(pattern, { error: expectation, abort: true })
    .register(usualWords, usual)
    .transform((written, context): T => {
      const parsed = parse(written);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: expectation });
      return z.NEVER;
    });
}

/** Of a duration as written; NaN for what is none. */
export function milliseconds(written: string): number {
  const [, count = '', unit = ''] = /^([\d.]+)(ms|s|m|h)$/.exec(written) ?? [];
  const unitMs = unitsMs[unit as keyof typeof unitsMs];
  return Math.round(Number(count) * unitMs);
}

/** Of a size as written; NaN for what is none. */
export function bytesOf(written: string): number {
  const [, count = '', unit = ''] = /^(\d+)(\w+)$/.exec(written) ?? [];
  return Number(count) * (bytesPerUnit[unit] ?? Number.NaN);
}

function fraction(written: string): number | undefined {
  return within(Number(written.slice(0, -1)) / 100, 0, 1);
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}
