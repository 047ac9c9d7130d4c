/** What one run of a matrix came to: a line of results.ndjson. The whole of it is in the run's folder. */
import type { FindingClass } from '../audit/class.ts';
import type { RunRecord } from '../report/record.ts';
import { longestGapMs, notSetUp, type RunSummary, summaryOf } from '../report/summary.ts';
import type { Half, Measure } from './measures.ts';
import type { Step } from './step.ts';

export interface Result extends RunSummary {
  readonly measure: string;
  readonly half: Half;
  /** From 1. */
  readonly repetition: number;
  readonly seed: number;
  /** Of the run, below the folder of the matrix: record.json and findings.ndjson are there. */
  readonly folder: string;
  /** Messages, of each class that the measure is there to prevent. */
  readonly harm: Partial<Record<FindingClass, number>>;
  /** Classes that were found and that the profile does not allow. */
  readonly forbidden: readonly FindingClass[];
  /** Of a fail that rests on nothing else: harms that the faults were too weak to show. */
  readonly tooWeak?: readonly FindingClass[];
  /** Longest time without an acknowledgement in any one partition around a fault, in ms. */
  readonly gapMs?: number;
}

export function resultOf(step: Step, measure: Measure, record: RunRecord, tookMs: number): Result {
  const { findings, verdict } = record;
  const countOf = (name: FindingClass): number => findings.find((finding) => finding.class === name)?.count ?? 0;
  const gapMs = longestGapMs(record);
  return {
    ...step,
    ...summaryOf(record, tookMs),
    harm: Object.fromEntries(measure.harm.map((name) => [name, countOf(name)])),
    forbidden: findings.filter(({ allowed }) => !allowed).map(({ class: name }) => name),
    ...(verdict.tooWeak === undefined ? {} : { tooWeak: verdict.tooWeak }),
    ...(gapMs === undefined ? {} : { gapMs }),
  };
}

export function setUpFailed(step: Step, reason: string, tookMs: number): Result {
  return { ...step, ...notSetUp(reason, tookMs), harm: {}, forbidden: [] };
}

/**
 * `held`: on, and nothing happened. `harmed`: on, and the harm that it should prevent, or another that its profile
 * forbids. `shown`: off, and its harm. `weak`: off, the faults fired, and harmed nothing. `broken`: off, and not
 * as its profile expects besides.
 */
export type Outcome = 'held' | 'harmed' | 'shown' | 'weak' | 'broken' | 'inconclusive';

export function outcomeOf(result: Result): Outcome {
  const { half, verdict, tooWeak } = result;
  const harm = harmOf(result);
  if (half !== 'off') {
    // a harm rests on evidence of its own, whatever else the run lacks
    if (harm > 0 || verdict === 'fail') return 'harmed';
    return verdict === 'pass' ? 'held' : 'inconclusive';
  }
  if (verdict === 'inconclusive') return 'inconclusive';
  if (verdict === 'fail') return tooWeak === undefined ? 'broken' : 'weak';
  return harm > 0 ? 'shown' : 'weak';
}

export function asItShould(result: Result): boolean {
  const outcome = outcomeOf(result);
  return outcome === 'held' || outcome === 'shown';
}

/** Messages. */
export function harmOf({ harm }: Pick<Result, 'harm'>): number {
  return Object.values(harm).reduce((sum, count) => sum + count, 0);
}
