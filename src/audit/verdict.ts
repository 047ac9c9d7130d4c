/**
 * The verdict. It is fail if there is a finding that is not allowed: a finding rests on positive evidence, whatever
 * else went wrong. Otherwise it is inconclusive if something is missing without which a pass would be a guess.
 * Otherwise it is pass. Every reason is a sentence.
 */
import { counted } from '../counted.ts';
import { type Contract, type Expectation, type FindingClass, findingClasses } from './class.ts';
import type { Counts } from './counts.ts';
import type { FaultAudit } from './windows/faults.ts';

export interface Verdict {
  readonly value: 'pass' | 'fail' | 'inconclusive';
  /** Why the value is what it is. After the reasons for a fail come those for which the run is inconclusive as well. */
  readonly reasons: readonly string[];
  /** Set if the only reason for a fail is that the faults were too weak: the harms that they did not show. */
  readonly tooWeak?: readonly FindingClass[];
  /** What became of the bounds that are not on a class; absent where the profile has none, and in records of before. */
  readonly bounds?: Bounds;
}

/** `open`: the records decide neither. */
export type BoundState = 'kept' | 'missed' | 'open';

export interface Bounds {
  readonly recoveryMs?: BoundState;
  readonly ackedShare?: BoundState;
}

export interface PlannedFault {
  readonly id: string;
  /** The fault is a repetition: the run does not fail if it never fires. */
  readonly optional?: boolean;
}

export interface VerdictInput {
  readonly expectation: Expectation;
  readonly contract?: Contract;
  readonly counts: Counts;
  readonly countOf: (name: FindingClass) => number;
  /** The number of findings of a class that name a fault. */
  readonly attributedOf: (name: FindingClass) => number;
  readonly faults: readonly FaultAudit[];
  readonly planned: readonly PlannedFault[];
  /** The faults were ordered by hand, beside records that know nothing of them: they are windows, and no experiment. */
  readonly byHand?: boolean;
  /** What the records lack, as sentences. */
  readonly gaps: readonly string[];
  readonly producersWhole: boolean;
  /** What else happened, as sentences: the time limit was reached, the run was interrupted, a worker failed. */
  readonly incidents: readonly string[];
  /** Classes that must be decided and are not, with the reason. */
  readonly undecided: ReadonlyMap<FindingClass, string>;
}

export function judge(input: VerdictInput): Verdict {
  const bounds = boundsOf(input);
  return { ...judged(input), ...(Object.keys(bounds).length === 0 ? {} : { bounds }) };
}

function judged(input: VerdictInput): Verdict {
  const violations = [...overLimits(input), ...tooSlow(input), ...tooFewAcked(input)];
  const doubts = doubtsOf(input);
  const tooWeak = hiddenHarms(input);
  const hidden = tooWeak.map((name) => `${phrase(name, 0)}, though ${fired(input)} to show it: fault too weak`);
  if (violations.length > 0) return { value: 'fail', reasons: [...violations, ...doubts] };
  if (doubts.length > 0) return { value: 'inconclusive', reasons: [...doubts, ...hidden] };
  if (hidden.length > 0) return { value: 'fail', reasons: hidden, tooWeak };
  return { value: 'pass', reasons: [passReason(input)] };
}

function boundsOf(input: VerdictInput): Bounds {
  const { expectation, producersWhole, counts } = input;
  const slow = stateOf(tooSlow(input), producersWhole && unseenRecoveries(input).length === 0);
  const few = stateOf(tooFewAcked(input), producersWhole && counts.attempted > 0);
  return {
    ...(expectation.recoveryMs === undefined ? {} : { recoveryMs: slow }),
    ...(expectation.ackedShare === undefined ? {} : { ackedShare: few }),
  };
}

function stateOf(violations: readonly string[], decided: boolean): BoundState {
  if (violations.length > 0) return 'missed';
  return decided ? 'kept' : 'open';
}

/** Whether the run may have this many of a class. */
export function isAllowed(expectation: Expectation, name: FindingClass, count: number): boolean {
  const limit = expectation.limits[name];
  return limit === undefined || count <= limit || proofless.has(name);
}

/** Findings of these classes say what is not known. They can make a run inconclusive but never fail it. */
const proofless: ReadonlySet<FindingClass> = new Set(['unseen', 'pending']);

function overLimits({ expectation, contract, countOf }: VerdictInput): string[] {
  const clause = (name: FindingClass): string => {
    const { allowed, because } = contract?.[name] ?? { allowed: true, because: '' };
    return expectation.contract && !allowed ? `, by the contract: ${because}` : '';
  };
  return findingClasses
    .filter((name) => !isAllowed(expectation, name, countOf(name)))
    .map((name) => `${phrase(name, countOf(name))}, expected at most ${expectation.limits[name]}${clause(name)}`);
}

function tooSlow({ expectation, faults, producersWhole }: VerdictInput): string[] {
  const { recoveryMs } = expectation;
  if (recoveryMs === undefined || !producersWhole) return [];
  return faults
    .filter((fault) => (fault.recoveryMs ?? 0) > recoveryMs)
    .map((fault) => {
      const took = `${Math.round(fault.recoveryMs ?? 0)} ms`;
      const where = inPartition(fault.recoveryPartition);
      return fault.recovered === false
        ? `${fault.id}: no ack came again${where} within ${took}, expected at most ${recoveryMs} ms`
        : `${fault.id}: ${took} without an ack${where}, expected at most ${recoveryMs} ms`;
    });
}

/**
 * Faults after which no ack had come when sending ended, before the allowed time was over: their recovery is unknown.
 */
function unseenRecoveries({ expectation, faults, producersWhole }: VerdictInput): string[] {
  const { recoveryMs } = expectation;
  if (recoveryMs === undefined || !producersWhole) return [];
  const between = faults
    .filter((fault) => (fault.recoveryMs ?? 0) <= recoveryMs && (fault.recoveryAtMostMs ?? 0) > recoveryMs)
    .map((fault) => {
      const least = Math.round(fault.recoveryMs ?? 0);
      const most = Math.round(fault.recoveryAtMostMs ?? 0);
      const where = inPartition(fault.recoveryAtMostPartition);
      return `${fault.id}: sending ended before an ack came again${where}, so the gap is between ${least} and ${most} ms, expected at most ${recoveryMs} ms`;
    });
  const unended = faults
    .filter((fault) => fault.recovered === false && (fault.recoveryMs ?? 0) <= recoveryMs)
    .map((fault) => {
      const took = `${Math.round(fault.recoveryMs ?? 0)} ms`;
      return `${fault.id}: the records end after ${took} without an ack${inPartition(fault.recoveryPartition)}, sooner than the ${recoveryMs} ms expected at most`;
    });
  return [...between, ...unended];
}

/** Nothing where the broker has no partitions. */
function inPartition(partition: number | undefined): string {
  return partition === undefined ? '' : ` in partition ${partition}`;
}

function tooFewAcked({ expectation, counts, producersWhole }: VerdictInput): string[] {
  const { ackedShare } = expectation;
  if (ackedShare === undefined || !producersWhole || counts.attempted === 0) return [];
  const share = counts.acked / counts.attempted;
  if (share >= ackedShare) return [];
  return [
    `acked were ${counts.acked} of ${counted(counts.attempted, 'message')} (${percent(share)}); at least ${percent(ackedShare)} required`,
  ];
}

function doubtsOf(input: VerdictInput): string[] {
  const { counts, gaps, incidents, undecided, expectation, producersWhole } = input;
  const shares = expectation.ackedShare !== undefined || expectation.recoveryMs !== undefined;
  return [
    ...incidents,
    ...(counts.acked === 0 && !harmShown(input)
      ? [`none of ${counts.attempted} attempted messages was acknowledged`]
      : []),
    ...faultDoubts(input),
    ...harmDoubts(input),
    ...unseenRecoveries(input),
    ...gaps,
    ...(counts.beyond > 0
      ? [`the journals of producers end before ${counted(counts.beyond, 'message')} that the consumers received`]
      : []),
    ...(counts.aged > 0
      ? [`the log no longer held the positions of ${counted(counts.aged, 'acked message')} when it was read`]
      : []),
    ...(shares && !producersWhole
      ? ['a journal of a producer is not whole: ack share and recovery are not judged']
      : []),
    ...[...undecided].map(([name, why]) => `${name} cannot be decided: ${why}`),
  ];
}

function faultDoubts({ faults, planned, byHand }: VerdictInput): string[] {
  if (byHand === true) return [];
  const known = new Map(faults.map((fault) => [fault.id, fault]));
  const never = planned.filter(({ id, optional }) => !known.has(id) && optional !== true);
  return [
    ...never.map(({ id }) => `fault ${id} never fired`),
    ...faults.flatMap((fault) => {
      if (fault.error !== undefined) return [`fault ${fault.id} failed: ${fault.error}`];
      if (!fault.injected) return [`fault ${fault.id} was begun, but never confirmed as injected`];
      return [
        ...(fault.missing.length === 0 ? [] : [`fault ${fault.id} did not reach ${fault.missing.join(', ')}`]),
        ...(fault.idle === true ? [`fault ${fault.id} met no traffic`] : []),
        ...(fault.healed ? [] : [`fault ${fault.id} was never healed`]),
      ];
    }),
  ];
}

/** A harm counts as shown only if a fault caused it: findings that no fault overlaps show something else. */
function harmDoubts({ expectation, countOf, attributedOf, faults, planned }: VerdictInput): string[] {
  const harm = expectation.harm ?? [];
  if (harm.length > 0 && faults.length + planned.length === 0) {
    return [`no fault was planned to show the harm: ${harm.map((name) => phrase(name, countOf(name))).join(', ')}`];
  }
  return harm
    .filter((name) => countOf(name) > 0 && attributedOf(name) === 0)
    .map((name) => `${phrase(name, countOf(name))}, but no finding of it is attributed to a fault`);
}

/** Whether every harm was shown. A run that has to show a harm needs no acks for it: oneway sends have none. */
function harmShown({ expectation, attributedOf }: VerdictInput): boolean {
  const { harm } = expectation;
  return harm !== undefined && harm.length > 0 && harm.every((name) => attributedOf(name) > 0);
}

/** Harms that were not shown. `judge` uses them only if all faults fired, so that the faults were too weak. */
function hiddenHarms({ expectation, countOf }: VerdictInput): FindingClass[] {
  return (expectation.harm ?? []).filter((name) => countOf(name) === 0);
}

function fired({ faults }: VerdictInput): string {
  return `${counted(faults.length, 'fault')} fired`;
}

function passReason({ expectation, counts, countOf, faults, byHand }: VerdictInput): string {
  const shown = (expectation.harm ?? []).map((name) => phrase(name, countOf(name)));
  const found = shown.length > 0 ? `the harm was shown: ${shown.join(', ')}` : 'nothing unexpected found';
  const ordered = faults.length === 0 ? '' : `, ${counted(faults.length, 'fault')} ordered`;
  const done = byHand === true ? ordered : `, ${counted(faults.length, 'fault')} injected and healed`;
  return `${counts.acked} of ${counted(counts.attempted, 'message')} acked${done}, ${found}`;
}

function phrase(name: FindingClass, count: number): string {
  return `${counted(count, name === 'unavailable' ? 'fault' : 'message')} ${name}`;
}

function percent(share: number): string {
  return `${Math.floor(share * 10000) / 100} %`;
}
