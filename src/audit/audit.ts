/**
 * The audit of a run: journals in, findings out. It is pure: it starts no process, asks no broker and reads nothing but
 * the journals. The same journals and the same request give the same answer.
 */
import { counted } from '../counted.ts';
import { exitCodes, messageOf, ToolError } from '../errors.ts';
import type { Watcher } from '../journal/reader.ts';
import { type Loops, takeLoops } from '../loops/loops.ts';
import type { Check, MessageName, Names, ProducerName } from './checks/check.ts';
import { storeGaps } from './checks/effects.ts';
import { checks as allChecks } from './checks/registry.ts';
import { type Contract, type Expectation, type FindingClass, findingClasses, forbiddenByDefault } from './class.ts';
import { type Counts, newCounts } from './counts.ts';
import type { Evidence, JournalReport } from './evidence/evidence.ts';
import type { DrainRecord, PhaseRecord, WorkerRecord } from './evidence/run-record.ts';
import { markIdle } from './evidence/traffic.ts';
import { deadLetterGaps } from './fates/effect-fates.ts';
import { type Finding, type FindingSummary, Findings, type RouteName } from './findings/finding.ts';
import { Lines } from './findings/lines.ts';
import type { Answers } from './history/answers.ts';
import { type History, readHistory } from './history/history.ts';
import type { PartitionRead } from './history/stored.ts';
import type { Percentiles } from './structures/histogram.ts';
import { type Timeline, timelineOf } from './timeline.ts';
import { isAllowed, judge, type PlannedFault, type Verdict } from './verdict.ts';
import { auditedFaults, type FaultAudit } from './windows/faults.ts';
import { type StoreOutage, storeOutages } from './windows/store-outages.ts';

export type {
  Answers,
  Counts,
  DrainRecord,
  FaultAudit,
  Finding,
  FindingSummary,
  JournalReport,
  PartitionRead,
  Percentiles,
  PhaseRecord,
  PlannedFault,
  StoreOutage,
  Timeline,
  Verdict,
  WorkerRecord,
};

export interface AuditRequest {
  readonly journals: readonly string[];
  readonly expectation: Expectation;
  /**
   * What the settings promise. It is only shown beside each finding: the verdict follows the limits in `expectation`.
   */
  readonly contract?: Contract;
  /** The faults of the plan. A fault that the runner's journal records is judged whether it is in here or not. */
  readonly plannedFaults?: readonly PlannedFault[];
  /** Nobody planned the faults that are recorded: they only say what was in force when, and need not have met anything. */
  readonly faultsByHand?: boolean;
  /**
   * What the caller knows and no journal records, as sentences: the time limit was reached, the run was interrupted.
   */
  readonly incidents?: readonly string[];
  /** Called once for every finding. The examples in the result are only the worst few. */
  readonly onFinding?: (finding: Finding) => void;
  /** Called with the same findings as lines of findings.ndjson. The bytes are overwritten once it has returned. */
  readonly onLines?: (bytes: Uint8Array) => void;
  /** Makes a pass that goes beside the audit's own over the journal of that path: who wants its records need not read it. */
  readonly watch?: (journal: string, loops: Loops) => Watcher;
  /** How findings name a producer (the part before the `#`) or a whole message; by default `p3#41`. */
  readonly names?: { readonly producer: ProducerName } | { readonly message: MessageName; readonly route?: RouteName };
  /** Classes that these records cannot decide, with the reason: foreign records may lack the fields. */
  readonly undecided?: Partial<Record<FindingClass, string>>;
  /** Classes that a pass needs: if one of them is undecided, the run is inconclusive. */
  readonly mustDecide?: readonly FindingClass[];
  readonly checks?: readonly Check[];
}

export interface Audit {
  readonly run: string;
  readonly topic: string;
  readonly groups: readonly string[];
  readonly verdict: Verdict;
  readonly counts: Counts;
  /** Classes that have findings or are undecided, in the order of `findingClasses`. */
  readonly findings: readonly FindingSummary[];
  /** Attempts that were not acked, by outcome and the reason that their producer recorded. */
  readonly answers: Answers;
  readonly faults: readonly FaultAudit[];
  /** The times in which a store of effects did not answer, whatever the cause. */
  readonly storeOutages: readonly StoreOutage[];
  readonly workers: readonly WorkerRecord[];
  readonly journals: readonly JournalReport[];
  readonly phases: readonly PhaseRecord[];
  readonly drain: {
    readonly steps: readonly DrainRecord[];
    readonly proven: readonly { readonly group: string; readonly proven: boolean }[];
  };
  /** The partitions that the independent reader read; empty when there was no reader. */
  readonly reads: readonly PartitionRead[];
  readonly latency: { readonly ack?: Percentiles; readonly endToEnd?: Percentiles };
  /** The same counts over time. Of records without times, as somebody else's may be, it says nothing. */
  readonly timeline: Timeline;
}

/**
 * Damaged or missing journals are part of the answer, not errors.
 * @throws ToolError `no-journals` (exit 2); `no-memory` or `history-too-large` (exit 4).
 */
export async function auditRun(request: AuditRequest): Promise<Audit> {
  if (request.journals.length === 0) {
    throw new ToolError('no journals to audit', {
      code: 'no-journals',
      hint: 'give a run folder, or use: mqchaos audit --sent FILE --received FILE',
    });
  }
  using loops = takeLoops();
  const history = await readHistory(request.journals, loops, request.watch);
  const counts = newCounts();
  const lines = request.onLines === undefined ? undefined : new Lines(request.onLines, loops);
  const findings = new Findings(request.onFinding, lines, routeNameOf(request));
  const faults = auditedFaults(history.record);
  const names = namesOf(request);
  const checks = request.checks ?? allChecks;
  const crashes: string[] = [];
  for (const check of checks) {
    try {
      await check.run({ history, loops, counts, findings, faults, ...names });
    } catch (error) {
      if (error === lines?.failure || isOfMemory(error)) throw error;
      crashes.push(`the check '${check.name}' crashed: ${messageOf(error)}`);
      for (const name of check.decides) findings.undecided.set(name, 'its check crashed');
    }
  }
  lines?.finish();
  markUndecided(findings, history, checks, request);
  markIdle(history, faults);
  const verdict = judge({
    expectation: request.expectation,
    ...(request.contract === undefined ? {} : { contract: request.contract }),
    counts,
    countOf: (name) => findings.count(name),
    attributedOf: (name) => findings.attributed(name),
    faults,
    planned: request.plannedFaults ?? [],
    byHand: request.faultsByHand === true,
    gaps: [
      ...crashes,
      ...strangeGroups(history),
      ...storeGaps(history),
      ...deadLetterGaps(history),
      ...history.evidence.gaps,
    ],
    producersWhole: history.evidence.producersWhole,
    incidents: [...history.record.incidents, ...(request.incidents ?? [])],
    undecided: mustDecide(findings, checks, request),
  });
  return compose(history, counts, findings, faults, verdict, request);
}

function namesOf({ names = { producer: (producer) => `p${producer}` } }: AuditRequest): Names {
  if ('message' in names) return { messageName: names.message };
  const { producer: producerName } = names;
  return { producerName, messageName: (producer, seq) => `${producerName(producer)}#${seq}` };
}

function routeNameOf({ names }: AuditRequest): RouteName | undefined {
  return names !== undefined && 'message' in names ? names.route : undefined;
}

/** Memory ran out. That is not the fault of the check, and the findings that it did not count are not 0. */
function isOfMemory(error: unknown): boolean {
  return error instanceof ToolError && error.exitCode === exitCodes.setup;
}

function compose(
  history: History,
  counts: Counts,
  findings: Findings,
  faults: readonly FaultAudit[],
  verdict: Verdict,
  request: AuditRequest,
): Audit {
  const { header, groups, record, evidence, log, sends, receipts } = history;
  const ack = sends.latency.percentiles();
  const endToEnd = receipts.latency.percentiles();
  return {
    run: header?.run ?? 'unknown',
    topic: header?.topic ?? 'unknown',
    groups,
    verdict,
    counts,
    findings: findings.present().map((name) => summaryOf(findings, name, request)),
    answers: sends.answers.answers,
    faults,
    storeOutages: storeOutages(history.stores, record.faults),
    workers: record.workers,
    journals: evidence.journals,
    phases: record.phases,
    drain: { steps: record.drain, proven: provenGroups(groups, evidence) },
    reads: [...log.reads.values()].sort((a, b) => a.partition - b.partition),
    latency: { ...(ack === undefined ? {} : { ack }), ...(endToEnd === undefined ? {} : { endToEnd }) },
    timeline: timelineOf(history),
  };
}

function summaryOf(findings: Findings, name: FindingClass, { expectation, contract }: AuditRequest): FindingSummary {
  const count = findings.count(name);
  const limit = expectation.limits[name];
  const undecided = findings.undecided.get(name);
  return {
    class: name,
    count,
    allowed: isAllowed(expectation, name, count),
    ...(limit === undefined ? {} : { limit }),
    ...(contract === undefined ? {} : { contract: contract[name] }),
    ...(undecided === undefined ? {} : { undecided }),
    examples: findings.examples(name),
  };
}

function provenGroups(groups: readonly string[], evidence: Evidence): { group: string; proven: boolean }[] {
  return groups.map((group, at) => ({ group, proven: evidence.drained[at] === true }));
}

function markUndecided(findings: Findings, history: History, checks: readonly Check[], request: AuditRequest): void {
  const decided = new Set(checks.flatMap((check) => check.decides));
  for (const name of findingClasses) {
    const why = request.undecided?.[name] ?? (decided.has(name) ? ownDoubt(history, name) : 'no check for it ran');
    if (why !== undefined && !findings.undecided.has(name)) findings.undecided.set(name, why);
  }
}

/** Why the journals of this run cannot decide a class; undefined when they can. */
function ownDoubt(history: History, name: FindingClass): string | undefined {
  if (name === 'rolled-back' && !history.evidence.readComplete) return 'the log was not read to its end';
  if (name === 'reordered' && history.header?.positions !== 'partition')
    return 'this broker has no positions to compare';
  if (name === 'over-retried') return retryDoubt(history);
  return undefined;
}

function retryDoubt({ header, evidence }: History): string | undefined {
  if (header?.redelivery === undefined) return 'nothing is redelivered by schedule';
  return evidence.receiptsWhole ? undefined : 'a journal of a consumer or of the dead letters is not whole';
}

/**
 * The undecided classes that must be decided, with the reason: a limit or a harm on one of them would otherwise pass
 * without evidence. The classes with default limits are left out: they need a proven drain and whole journals, which
 * the verdict asks for anyway.
 */
function mustDecide(
  findings: Findings,
  checks: readonly Check[],
  { expectation, mustDecide: named }: AuditRequest,
): Map<FindingClass, string> {
  const decided = new Set(checks.flatMap((check) => check.decides));
  const asked = (name: FindingClass): boolean =>
    expectation.limits[name] !== undefined || expectation.harm?.includes(name) === true;
  const byDefault = (name: FindingClass): boolean => decided.has(name) && forbiddenByDefault.includes(name);
  const needed = findingClasses.filter((name) => named?.includes(name) || (asked(name) && !byDefault(name)));
  return new Map(
    needed.flatMap((name) => [
      ...(findings.undecided.has(name) ? [[name, findings.undecided.get(name) ?? ''] as const] : []),
    ]),
  );
}

function strangeGroups(history: History): string[] {
  const { strangeGroups: count } = history.receipts;
  return count === 0 ? [] : [`${counted(count, 'receipt')} of consumer groups that no journal's header knows`];
}
