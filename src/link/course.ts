/** What the rules in force make of one direction of one connection. */
import type { Random } from './random.ts';

export interface Course {
  /** Nothing passes; what has come so far is kept. */
  readonly silent: boolean;
  readonly latencies: readonly Latency[];
  /** Each is shared with the other connections of its rule. */
  readonly narrows: readonly Bucket[];
  /** How much later the end of the direction is passed on. */
  readonly closeDelayMs: number;
  /** Each counts for this connection alone. */
  readonly cuts: readonly CutAfter[];
  /** To be called when something comes that the course keeps back or makes late: bytes, or the end of the direction. */
  readonly bent: readonly ((what: 'bytes' | 'end') => void)[];
}

export interface Latency {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly random: Random;
}

/** Counts down for one connection. */
export interface CutAfter {
  left: number;
  readonly cut: () => void;
}

/** As if there were no link. */
export const straight: Course = {
  ...{ silent: false, latencies: [], narrows: [], closeDelayMs: 0, cuts: [], bent: [] },
};

export function isStraight({ silent, latencies, narrows, closeDelayMs, cuts }: Course): boolean {
  return !silent && latencies.length === 0 && narrows.length === 0 && closeDelayMs === 0 && cuts.length === 0;
}

/** A narrow place, through which bytes go one after the other at a given rate. */
export class Bucket {
  readonly bytesPerSecond: number;
  #freeMs = 0;

  constructor(bytesPerSecond: number) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** When so many bytes are through that come now, after those that came before. */
  through(bytes: number, nowMs: number): number {
    this.#freeMs = Math.max(this.#freeMs, nowMs) + (bytes / this.bytesPerSecond) * 1000;
    return this.#freeMs;
  }
}
