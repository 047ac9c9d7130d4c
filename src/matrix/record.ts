/**
 * `matrix.json`: the whole table in one document, the same on stdout with `--json`. Additions only; anything else is a
 * new version. Documented in docs/records.md.
 */
import type { FindingClass } from '../audit/class.ts';
import { upperBound } from '../report/words/bound.ts';
import { type Host, hostFacts } from '../run/folder/environment.ts';
import type { Choices } from './choices.ts';
import type { Half, Measure } from './measures.ts';
import { harmOf, type Outcome, outcomeOf, type Result } from './result.ts';
import type { Row } from './row.ts';
import { judgeRow, type RowVerdict } from './row-verdict.ts';

export const matrixVersion = 1;

export interface MatrixRecord {
  readonly version: typeof matrixVersion;
  readonly seed: number;
  readonly repeat: number;
  readonly set: readonly string[];
  /** Whether a file was laid over all profiles, which is kept beside this one; false: each is as it was written. */
  readonly cluster: boolean;
  /** The product that all profiles were put on; absent: each on its own. */
  readonly broker?: string;
  readonly environment: Host;
  /** Of all runs, one after another. */
  readonly tookMs: number;
  readonly rows: readonly MatrixRow[];
}

export interface MatrixRow {
  readonly measure: string;
  readonly title: string;
  readonly fault: string;
  /** What is counted. */
  readonly harm: readonly FindingClass[];
  readonly verdict: RowVerdict;
  readonly reasons: readonly string[];
  readonly halves: readonly MatrixHalf[];
}

export interface MatrixHalf {
  readonly half: Half;
  readonly profile: string;
  /** Messages, summed over the runs. */
  readonly attempted: number;
  readonly acked: number;
  readonly harm: number;
  readonly harmBy: Partial<Record<FindingClass, number>>;
  /** Longest of all runs, where it is a part of what the measure shows. */
  readonly gapMs?: number;
  /** Runs that are done, and those of them that decide: all but the inconclusive that were not harmed. */
  readonly done: number;
  readonly decided: number;
  /** Runs with harm, and the 95 % upper bound of their share. */
  readonly harmed: number;
  readonly harmedAtMost: number;
  readonly runs: readonly MatrixRun[];
}

export interface MatrixRun extends Omit<Result, 'measure' | 'half'> {
  readonly outcome: Outcome;
}

export function matrixRecord(choices: Choices, rows: readonly Row[], results: readonly Result[]): MatrixRecord {
  const { seed, repeat, set, cluster, broker } = choices;
  return {
    version: matrixVersion,
    seed,
    repeat,
    set,
    cluster,
    ...(broker === undefined ? {} : { broker }),
    environment: hostFacts(),
    tookMs: results.reduce((sum, { tookMs }) => sum + tookMs, 0),
    rows: rows.map(({ measure, missing }) => {
      const own = results.filter((result) => result.measure === measure.name);
      const { name, title, fault, harm, profiles } = measure;
      return {
        measure: name,
        title,
        fault,
        harm,
        ...(missing === undefined
          ? judgeRow(measure, own, repeat)
          : { verdict: 'not-run' as const, reasons: [missing] }),
        halves: profiles.map(([half, profile]) => halfOf(measure, half, profile, own)),
      };
    }),
  };
}

function halfOf(measure: Measure, half: Half, profile: string, own: readonly Result[]): MatrixHalf {
  const results = own.filter((result) => result.half === half);
  const sum = (count: (result: Result) => number): number => results.reduce((all, result) => all + count(result), 0);
  const harmed = results.filter((result) => harmOf(result) > 0).length;
  const decided = results.filter((result) => result.verdict !== 'inconclusive' || harmOf(result) > 0).length;
  const gaps = results.flatMap(({ gapMs }) => (gapMs === undefined ? [] : [gapMs]));
  return {
    half,
    profile,
    attempted: sum(({ attempted }) => attempted),
    acked: sum(({ acked }) => acked),
    harm: sum(harmOf),
    harmBy: Object.fromEntries(measure.harm.map((name) => [name, sum(({ harm }) => harm[name] ?? 0)])),
    ...(measure.gap === true && gaps.length > 0 ? { gapMs: Math.max(...gaps) } : {}),
    done: results.length,
    decided,
    harmed,
    harmedAtMost: upperBound(harmed, decided),
    runs: results.map((result) => {
      const { measure: _, half: __, ...rest } = result;
      return { ...rest, outcome: outcomeOf(result) };
    }),
  };
}

/** What the whole comes to: one row that does not hold is enough; a table of rows that were not run shows nothing. */
export function verdictOfMatrix({ rows }: MatrixRecord): 'pass' | 'fail' | 'inconclusive' {
  if (rows.some(({ verdict }) => verdict === 'not-held' || verdict === 'too-weak')) return 'fail';
  if (rows.some(({ verdict }) => verdict === 'inconclusive')) return 'inconclusive';
  return rows.some(({ verdict }) => verdict === 'proven') ? 'pass' : 'inconclusive';
}
