/** A run among many, in short: what a matrix and a repetition both keep of each. */
import type { Verdict } from '../audit/audit.ts';
import type { RunRecord } from './record.ts';

export interface RunSummary {
  readonly verdict: Verdict['value'];
  readonly reasons: readonly string[];
  /** Messages. */
  readonly attempted: number;
  readonly acked: number;
  readonly tookMs: number;
}

export function summaryOf({ verdict, counts }: RunRecord, tookMs: number): RunSummary {
  const { value, reasons } = verdict;
  return { verdict: value, reasons, attempted: counts.attempted, acked: counts.acked, tookMs: Math.round(tookMs) };
}

/** Of a run that could not be set up: nothing is known of it. */
export function notSetUp(reason: string, tookMs: number): RunSummary {
  return { verdict: 'inconclusive', reasons: [reason], attempted: 0, acked: 0, tookMs: Math.round(tookMs) };
}

/** Longest time without an acknowledgement in any one partition around a fault, in ms; undefined: no fault was measured. */
export function longestGapMs({ faults }: RunRecord): number | undefined {
  const gaps = faults.flatMap(({ recoveryMs }) => (recoveryMs === undefined ? [] : [recoveryMs]));
  return gaps.length === 0 ? undefined : Math.round(Math.max(...gaps));
}
