/**
 * `repeat.json`: what the runs of one profile with several seeds came to, the same on stdout with `--json`. Additions
 * only; anything else is a new version. Documented in docs/records.md.
 */
import type { Verdict } from '../audit/audit.ts';
import type { RunRecord } from '../report/record.ts';
import { longestGapMs, notSetUp, type RunSummary, summaryOf } from '../report/summary.ts';
import { upperBound } from '../report/words/bound.ts';

export const repeatVersion = 1;

export interface RepeatRecord {
  readonly version: typeof repeatVersion;
  /** Its name. */
  readonly profile: string;
  /** Of the first run; the others follow from it. */
  readonly seed: number;
  /** Runs that were asked for. */
  readonly repeat: number;
  /** No run was to begin after one that failed. */
  readonly untilFailure: boolean;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Fail if a run failed, else inconclusive if one was, or none was done; else pass. */
  readonly verdict: Verdict['value'];
  /** Runs that failed, and those that decide: all but the inconclusive ones. */
  readonly failed: number;
  readonly decided: number;
  /** The 95 % upper bound of the chance that a run fails, 0–1. */
  readonly failsAtMost: number;
  readonly firstFailure?: RepeatedRun;
  /** Of all runs, one after another. */
  readonly tookMs: number;
  readonly runs: readonly RepeatedRun[];
}

export interface RepeatedRun extends RunSummary {
  /** From 1. */
  readonly repetition: number;
  readonly seed: number;
  /** Of the run, below that of the repetition. */
  readonly folder: string;
  /** Messages that were acknowledged, and lost, rolled back or passed over by a group. */
  readonly lost: number;
  /** Deliveries and stored copies of messages beyond their first. */
  readonly duplicates: number;
  /** Longest time without an acknowledgement in any one partition around a fault; absent: no fault was measured. */
  readonly recoveryMs?: number;
}

export type Asked = Pick<RepeatRecord, 'profile' | 'seed' | 'repeat' | 'untilFailure' | 'startedAt'>;
export type Step = Pick<RepeatedRun, 'repetition' | 'seed' | 'folder'>;

export function repeatRecord(asked: Asked, runs: readonly RepeatedRun[]): RepeatRecord {
  const failures = runs.filter(({ verdict }) => verdict === 'fail');
  const decided = runs.filter(({ verdict }) => verdict !== 'inconclusive').length;
  const [firstFailure] = failures;
  return {
    version: repeatVersion,
    ...asked,
    verdict: verdictOf(runs),
    failed: failures.length,
    decided,
    failsAtMost: upperBound(failures.length, decided),
    ...(firstFailure === undefined ? {} : { firstFailure }),
    tookMs: runs.reduce((sum, { tookMs }) => sum + tookMs, 0),
    runs,
  };
}

export function repeatedRun(step: Step, record: RunRecord, tookMs: number): RepeatedRun {
  const { counts } = record;
  const recoveryMs = longestGapMs(record);
  return {
    ...step,
    ...summaryOf(record, tookMs),
    lost: counts.lost + counts.rolledBack + counts.skipped,
    duplicates: counts.extraDeliveries,
    ...(recoveryMs === undefined ? {} : { recoveryMs }),
  };
}

export function setUpFailed(step: Step, reason: string, tookMs: number): RepeatedRun {
  return { ...step, ...notSetUp(reason, tookMs), lost: 0, duplicates: 0 };
}

function verdictOf(runs: readonly RepeatedRun[]): Verdict['value'] {
  if (runs.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return runs.length > 0 && runs.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive';
}
