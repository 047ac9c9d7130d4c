/**
 * The run's clock: nanoseconds of CLOCK_MONOTONIC since the run's base, the same in every process of the host.
 * `performance.now()` costs 46 ns where `process.hrtime.bigint()` costs 70–270, and both read the same clock.
 */
import { type ClockBase, readBootId } from './header.ts';

export type RunClock = () => number;

export function newClockBase(): ClockBase {
  return {
    source: 'monotonic',
    bootId: readBootId(),
    baseNs: String(process.hrtime.bigint()),
    wall: new Date().toISOString(),
  };
}

export function runClock(base: ClockBase): RunClock {
  const offsetNs = clockOffset(BigInt(base.baseNs));
  return () => Math.round(performance.now() * 1e6 + offsetNs);
}

const calibrations = 32;

/**
 * What to add to `performance.now()` (in ns). A process may be descheduled between reading the two clocks, and would
 * keep that error for life: each reading is bracketed by two of the other clock, and the narrowest bracket counts.
 */
function clockOffset(baseNs: bigint): number {
  let narrowestNs = Number.POSITIVE_INFINITY;
  let offsetNs = 0;
  for (let i = 0; i < calibrations; i += 1) {
    const before = process.hrtime.bigint();
    const nowNs = performance.now() * 1e6;
    const widthNs = Number(process.hrtime.bigint() - before);
    if (widthNs >= narrowestNs) continue;
    narrowestNs = widthNs;
    offsetNs = Number(before - baseNs) + widthNs / 2 - nowNs;
  }
  return offsetNs;
}
