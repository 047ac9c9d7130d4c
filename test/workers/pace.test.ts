import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from '../../src/workers/pace.ts';

describe('Pace', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  const started = (rate: number | undefined): Pace => {
    const pace = new Pace(rate);
    pace.start();
    return pace;
  };

  /** Begins all that is allowed, every `stepMs`, for a while; how many were begun. */
  const drive = (pace: Pace, stepMs: number, forMs: number, begun = 0): number => {
    for (let passed = 0; passed < forMs; passed += stepMs) {
      vi.advanceTimersByTime(stepMs);
      begun = Math.max(begun, pace.allowed(begun));
    }
    return begun;
  };

  it('without a rate allows everything', () => {
    expect(started(undefined).allowed(5)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([1, 10, 333, 1500, 100_000])('%i a second are as many a second, in steps of any size', (rate) => {
    for (const stepMs of [2, 20, 80])
      expect(Math.abs(drive(started(rate), stepMs, 4000) - 4 * rate)).toBeLessThanOrEqual(1);
  });

  it('allows nothing before its time', () => {
    const pace = started(10);
    expect(pace.allowed(0)).toBe(0);
    vi.advanceTimersByTime(99);
    expect(pace.allowed(0)).toBe(0);
    vi.advanceTimersByTime(1);
    expect(pace.allowed(0)).toBe(1);
  });

  it('makes up for at most 100 ms after a hold-up, and is at its rate again afterwards', () => {
    const pace = started(1000);
    const before = drive(pace, 10, 1000);
    expect(before).toBe(1000);
    vi.advanceTimersByTime(60_000);
    expect(pace.allowed(before)).toBe(1101);
    expect(drive(pace, 10, 1000, 1101)).toBe(2101);
  });

  it('a slow rate may always make up for one', () => {
    const pace = started(2);
    vi.advanceTimersByTime(60_000);
    expect(pace.allowed(0)).toBe(1);
    expect(pace.allowed(1)).toBe(1);
  });
});
