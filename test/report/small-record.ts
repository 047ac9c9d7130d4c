/** A record by hand, with a bit of everything that a report shows. */
import type { Audit, FaultAudit, StoreOutage } from '../../src/audit/audit.ts';
import { newCounts } from '../../src/audit/counts.ts';
import type { Finding } from '../../src/audit/findings/finding.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { loadProfile } from '../../src/profile/load.ts';
import { type RunRecord, recordOf } from '../../src/report/record.ts';

export const topic = 'mqchaos-00000007-0a0b0c0d';
export const group = `${topic}-g1`;

export const reordered: Finding = {
  class: 'reordered',
  message: 'p1.1#41',
  group,
  partition: 2,
  position: 1287,
  fault: 'f1',
  when: 'during',
  confidence: 'likely',
};

const fault: FaultAudit = {
  id: 'f1',
  do: 'kill',
  targets: ['b2'],
  missing: [],
  sides: 1,
  trigger: { due: '40%', lateMessages: 1, elapsedMs: 3200 },
  injectingNs: 7_637_000_000,
  injectedNs: 7_640_000_000,
  healedNs: 10_430_000_000,
  injected: true,
  healed: true,
  evidence: [{ target: 'b2', kill: { pid: 42, signal: 'SIGKILL' } }],
  recoveryMs: 2818.99,
  recovered: true,
  recoveryPartition: 5,
  lostMessages: 0,
};

export const outage: StoreOutage = {
  store: `postgres at db:5432 (\${PG_URL})`,
  fromNs: 7_650_000_000,
  toNs: 9_964_000_000,
  seenBy: [
    { name: 'c1.1', fromNs: 7_650_000_000, toNs: 9_964_000_000 },
    { name: 'c2.1', fromNs: 7_700_000_000 },
  ],
  ...{ calls: 2, connects: 41, tries: 0, faults: ['f1'] },
};

const { toNs: _, ...never } = outage;
export const foreverAway: StoreOutage = { ...never, calls: 1, tries: 1, faults: [] };

export const audit: Omit<Audit, 'timeline'> = {
  run: '00000007-0a0b0c0d',
  topic,
  groups: [group],
  verdict: { value: 'pass', reasons: ['99 of 100 messages acked, 1 fault injected and healed'] },
  counts: {
    ...newCounts(),
    attempted: 100,
    attempts: 108,
    acked: 99,
    ackedDelivered: 99,
    unknown: 1,
    recovered: 1,
    reordered: 3,
    reorderedRetries: 2,
    duplicateStored: 12,
    extraDeliveries: 14,
  },
  findings: [
    { class: 'duplicate-stored', count: 12, allowed: true, examples: [] },
    { class: 'reordered', count: 3, allowed: true, examples: [reordered] },
  ],
  answers: {},
  faults: [fault],
  storeOutages: [],
  workers: [],
  journals: [],
  phases: [{ phase: 'start', atNs: 1 }],
  drain: { steps: [{ step: 'settled', ok: true, atNs: 2, proof: 'a | b' }], proven: [{ group, proven: true }] },
  reads: [],
  latency: { ack: { count: 99, p50Us: 5100, p95Us: 90_000, p99Us: 174_000, p999Us: 200_000, maxUs: 252_000 } },
};

export const environment = { startedAt: '2026-01-02T03:04:05.678Z', node: 'v20.19.0' };

export function planOf(expect?: Plan['expect']): Plan {
  const plan = compilePlan(loadProfile('quick'), 7);
  return expect === undefined ? plan : { ...plan, expect };
}

export function recordWith(changes: Partial<Audit> = {}, plan: Plan | undefined = planOf()): RunRecord {
  return recordOf({ ...audit, ...changes }, plan, environment);
}
