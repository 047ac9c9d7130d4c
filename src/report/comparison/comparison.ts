/**
 * One run beside another of the same profile: what got better and what got worse. Pure: two records in, a document out,
 * which `mqchaos report RUN --against OTHER --json` prints. Additions only; anything else is a new version.
 */
import type { Counts, FindingSummary } from '../../audit/audit.ts';
import { type FindingClass, findingClasses } from '../../audit/class.ts';
import type { Verdict } from '../../audit/verdict.ts';
import type { RecordedFault, RunRecord } from '../record.ts';
import { latencies } from '../words/phrases.ts';
import { planDifferences } from './plan-differences.ts';

export const comparisonVersion = 1;

/** `other`: it differs, and is neither better nor worse, or cannot be compared. */
export type Change = 'better' | 'worse' | 'same' | 'other';

export interface Comparison {
  readonly version: typeof comparisonVersion;
  readonly run: ComparedRun;
  readonly against: ComparedRun;
  /** Why the two may differ for reasons that are none of the broker's: sentences. */
  readonly warnings: readonly string[];
  readonly verdict: Change;
  readonly acked: { readonly before: number; readonly after: number; readonly change: Change };
  /** Classes that either run has; null: it was not decided. */
  readonly classes: readonly Compared<FindingClass, number | null>[];
  /** Microseconds. */
  readonly latency: readonly Compared<string, number>[];
  /** The longest time without an acknowledgement around each fault, in ms; null: none was measured, or none came again. */
  readonly recovery: readonly Compared<string, number | null>[];
}

export interface ComparedRun {
  readonly run: string;
  readonly verdict: Verdict['value'];
  readonly profile?: string;
  readonly seed?: number;
  readonly broker?: string;
}

export interface Compared<Name, Value> {
  readonly name: Name;
  readonly before: Value;
  readonly after: Value;
  readonly change: Change;
}

/** Times that are less than this share apart are called the same. Chance alone may make them differ by much more. */
const alike = 0.1;

/** @param before what `after` is compared with. Whether the two can be compared is for `whyIncomparable`. */
export function compare(after: RunRecord, before: RunRecord): Comparison {
  return {
    version: comparisonVersion,
    run: comparedRun(after),
    against: comparedRun(before),
    warnings: warningsOf(after, before),
    verdict: lower(ranks[before.verdict.value], ranks[after.verdict.value]),
    acked: ackedOf(before.counts, after.counts),
    classes: findingClasses.flatMap((name) => comparedClass(name, after, before)),
    latency: comparedLatency(after, before),
    recovery: comparedRecovery(after, before),
  };
}

/** Undefined: they can be. */
export function whyIncomparable(after: RunRecord, before: RunRecord): string | undefined {
  const [own, other] = [after.profile?.name, before.profile?.name];
  if (own === other) return undefined;
  const named = (name: string | undefined): string =>
    name === undefined ? 'records of somebody else' : `profile ${name}`;
  return `one is of ${named(own)}, the other of ${named(other)}`;
}

const ranks: Readonly<Record<Verdict['value'], number>> = { pass: 0, inconclusive: 1, fail: 2 };

function comparedRun({ run, verdict, profile, seed }: RunRecord): ComparedRun {
  return {
    run,
    verdict: verdict.value,
    ...(profile === undefined ? {} : { profile: profile.name, broker: profile.cluster.broker }),
    ...(seed === undefined ? {} : { seed }),
  };
}

function warningsOf(after: RunRecord, before: RunRecord): string[] {
  const [own, other] = [after.profile, before.profile];
  const versions = [before, after].map(({ environment }) => environment?.mqchaos);
  return [
    ...(own === undefined || other === undefined ? [] : planDifferences(other, own)),
    ...(versions[0] === versions[1] ? [] : [`mqchaos differs: ${String(versions[0])} → ${String(versions[1])}`]),
    ...[before, after].flatMap(({ run, verdict }) =>
      verdict.value === 'inconclusive' ? [`run ${run} is inconclusive: its numbers prove nothing`] : [],
    ),
  ];
}

/** The share of what was attempted, so that a run that was cut short compares. */
function ackedOf(before: Counts, after: Counts): Comparison['acked'] {
  const share = ({ acked, attempted }: Counts): number => (attempted === 0 ? 0 : acked / attempted);
  return { before: before.acked, after: after.acked, change: lower(-share(before), -share(after)) };
}

function comparedClass(
  name: FindingClass,
  after: RunRecord,
  before: RunRecord,
): Compared<FindingClass, number | null>[] {
  const [was, is] = [countOf(before, name), countOf(after, name)];
  if ((was ?? 0) + (is ?? 0) === 0) return [];
  const wanted = neutral.has(name) || after.profile?.expect.harm?.includes(name) === true;
  const change = was === null || is === null ? 'other' : lower(was, is);
  return [{ name, before: was, after: is, change: wanted && change !== 'same' ? 'other' : change }];
}

/** More of them is no worse: the message is there. */
const neutral: ReadonlySet<FindingClass> = new Set(['recovered']);

function countOf({ findings }: RunRecord, name: FindingClass): number | null {
  const finding: FindingSummary | undefined = findings.find((each) => each.class === name);
  if (finding === undefined) return 0;
  return finding.count === 0 && finding.undecided !== undefined ? null : finding.count;
}

function comparedLatency(after: RunRecord, before: RunRecord): Compared<string, number>[] {
  const known = new Map(latencies(before));
  return latencies(after).flatMap(([name, is]) => {
    const was = known.get(name);
    if (was === undefined) return [];
    return (['p50Us', 'p99Us', 'maxUs'] as const).map((key) => ({
      ...{ name: `${name} ${key.slice(0, -2)}`, before: was[key], after: is[key] },
      change: roughly(was[key], is[key]),
    }));
  });
}

function comparedRecovery(after: RunRecord, before: RunRecord): Compared<string, number | null>[] {
  return after.faults.flatMap((fault) => {
    const other = before.faults.find(({ id }) => id === fault.id);
    if (other === undefined) return [];
    const [was, is] = [recoveryOf(other), recoveryOf(fault)];
    if (was === undefined && is === undefined) return [];
    const name = `${fault.id} ${fault.do} ${fault.target.join(', ')}`;
    const change = was === undefined || is === undefined ? 'other' : roughly(was, is);
    return [{ name, before: finite(was), after: finite(is), change }];
  });
}

/** Infinity: no ack came again. */
function recoveryOf({ recoveryMs, recovered }: RecordedFault): number | undefined {
  if (recovered === false) return Number.POSITIVE_INFINITY;
  return recoveryMs === undefined ? undefined : Math.round(recoveryMs);
}

function finite(ms: number | undefined): number | null {
  return ms === undefined || !Number.isFinite(ms) ? null : ms;
}

function roughly(before: number, after: number): Change {
  if (before === after || Math.abs(after - before) < alike * before) return 'same';
  return lower(before, after);
}

/** Less of it is better. */
function lower(before: number, after: number): Change {
  if (before === after) return 'same';
  return after < before ? 'better' : 'worse';
}
