/**
 * `record.json`: the whole result of a run in one document, the same on stdout with `--json`. Its names are a promise to
 * scripts: additions only, anything else is a new version. Documented in docs/records.md.
 */
import type { Audit, FaultAudit, StoreOutage } from '../audit/audit.ts';
import type { Plan } from '../plan/plan.ts';

export const recordVersion = 1;

export type Environment = Readonly<Record<string, unknown>>;

/** Somebody else's records have no plan, so that `seed`, `profile`, `environment` and `startedAt` are absent. */
export interface RunRecord {
  readonly version: typeof recordVersion;
  readonly run: string;
  readonly seed?: number;
  /** Wall clock at the run's base, RFC 3339. All other times are integer nanoseconds of the monotonic clock since it. */
  readonly startedAt?: string;
  /** The plan that was carried out. Secrets in it are names of environment variables. */
  readonly profile?: Plan;
  readonly environment?: Environment;
  readonly topic: string;
  readonly groups: readonly string[];
  readonly verdict: Audit['verdict'];
  /** Of somebody else's records: what they are taken to be, as sentences, for no record shows it. */
  readonly assumptions?: readonly string[];
  readonly counts: Audit['counts'];
  readonly findings: Audit['findings'];
  /**
   * Attempts that were not acked, by outcome (`degraded`, `rejected`, `unknown`) and reason. Absent from records of before.
   */
  readonly answers?: Audit['answers'];
  readonly faults: readonly RecordedFault[];
  /** Absent from records of before. */
  readonly storeOutages?: readonly RecordedStoreOutage[];
  readonly phases: Audit['phases'];
  readonly drain: Audit['drain'];
  readonly reads: Audit['reads'];
  readonly latency: Audit['latency'];
  readonly workers: Audit['workers'];
  readonly journals: Audit['journals'];
}

export interface RecordedFault {
  readonly id: string;
  readonly do: string;
  /** Ids of the nodes or workers that it acted on. */
  readonly target: readonly string[];
  /** Planned targets that were not there when it was injected. */
  readonly missing: readonly string[];
  /** What it was due at, and how late it was. */
  readonly trigger?: Readonly<Record<string, unknown>>;
  /** Nanoseconds since the run's base: when it was begun, had taken hold, and was undone; null: never. */
  readonly triggeredAt: number | null;
  readonly injected: number | null;
  readonly healed: number | null;
  readonly evidence: FaultAudit['evidence'];
  readonly error?: string;
  /** Longest time in which attempts went unacked in any one partition around the fault; false: no ack came again. */
  readonly recoveryMs?: number;
  readonly recovered?: boolean;
  readonly recoveryPartition?: number;
  /** Where sending ended before acks came again: it lasted no longer than this. */
  readonly recoveryAtMostMs?: number;
  readonly recoveryAtMostPartition?: number;
  /** True: nothing was sent while it was in force. */
  readonly idle?: boolean;
  /** From the ack of the oldest message that was lost or rolled back to the injection. */
  readonly lossWindowMs?: number;
  readonly lostMessages: number;
}

/** When a store of effects did not answer. Nanoseconds since the run's base; `to` is null: not to the end. */
export interface RecordedStoreOutage {
  /** What and where it is, without secrets. */
  readonly store: string;
  readonly from: number;
  readonly to: number | null;
  readonly seenBy: readonly { readonly name: string; readonly from: number; readonly to: number | null }[];
  /** Calls without an answer, connections that could not be made, tries at processing that failed for it. */
  readonly calls: number;
  readonly connects: number;
  readonly tries: number;
  /** Ids of the faults that were in force meanwhile. */
  readonly faults: readonly string[];
}

/** The one place where names of the record are given. The timeline is a file of its own. */
export function recordOf(audit: Omit<Audit, 'timeline'>, plan?: Plan, environment?: Environment): RunRecord {
  const startedAt = environment?.startedAt;
  return {
    version: recordVersion,
    run: audit.run,
    ...(plan === undefined ? {} : { seed: plan.seed }),
    ...(typeof startedAt === 'string' ? { startedAt } : {}),
    ...(plan === undefined ? {} : { profile: plan }),
    ...(environment === undefined ? {} : { environment }),
    topic: audit.topic,
    groups: audit.groups,
    verdict: audit.verdict,
    counts: audit.counts,
    findings: audit.findings,
    answers: audit.answers,
    faults: audit.faults.map(recordedFault),
    storeOutages: audit.storeOutages.map(recordedOutage),
    phases: audit.phases,
    drain: audit.drain,
    reads: audit.reads,
    latency: audit.latency,
    workers: audit.workers,
    journals: audit.journals,
  };
}

function recordedFault(fault: FaultAudit): RecordedFault {
  const { id, targets, missing, trigger, injectingNs, injectedNs, healedNs, evidence, error, lostMessages } = fault;
  const { recoveryMs, recovered, recoveryPartition, recoveryAtMostMs, recoveryAtMostPartition } = fault;
  const { idle, lossWindowMs } = fault;
  return {
    id,
    do: fault.do,
    target: targets,
    missing,
    ...(trigger === undefined ? {} : { trigger }),
    triggeredAt: injectingNs ?? null,
    injected: injectedNs ?? null,
    healed: healedNs ?? null,
    evidence,
    ...(error === undefined ? {} : { error }),
    ...(recoveryMs === undefined ? {} : { recoveryMs }),
    ...(recovered === undefined ? {} : { recovered }),
    ...(recoveryPartition === undefined ? {} : { recoveryPartition }),
    ...(recoveryAtMostMs === undefined ? {} : { recoveryAtMostMs }),
    ...(recoveryAtMostPartition === undefined ? {} : { recoveryAtMostPartition }),
    ...(idle === undefined ? {} : { idle }),
    ...(lossWindowMs === undefined ? {} : { lossWindowMs }),
    lostMessages,
  };
}

function recordedOutage({
  store,
  fromNs,
  toNs,
  seenBy,
  calls,
  connects,
  tries,
  faults,
}: StoreOutage): RecordedStoreOutage {
  const who = seenBy.map((each) => ({ name: each.name, from: each.fromNs, to: each.toNs ?? null }));
  return { store, from: fromNs, to: toNs ?? null, seenBy: who, calls, connects, tries, faults };
}
