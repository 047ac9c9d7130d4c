/** The sentences and numbers that every report shares. Plain text: no colour, no markup. */
import type { Counts, FaultAudit, FindingSummary } from '../audit/audit.ts';
import type { FindingClass } from '../audit/class.ts';
import type { Finding } from '../audit/finding.ts';
import type { RunRecord } from './record.ts';

/** What each class means, in half a line. The long form is in docs/audit.md. */
export const meanings: Readonly<Record<FindingClass, string>> = {
  lost: 'acknowledged, and no group ever received it',
  'rolled-back': 'acknowledged and received, and gone from the log',
  skipped: 'acknowledged and stored, passed over by a group',
  unseen: 'acknowledged, not received by every group, and the drain is not proven',
  'duplicate-stored': 'one message at two positions of the log',
  'duplicate-delivered': 'one position delivered twice to a group',
  'duplicate-undecided': 'received twice, with no positions to tell why',
  'duplicate-effect': 'its effect was applied twice',
  recovered: 'no answer to the sender, and delivered all the same',
  undelivered: 'not acknowledged, and not delivered',
  pending: 'not acknowledged, and its fate is open',
  'degraded-lost': 'stored but not protected as asked, and not delivered',
  'stale-overwrite': 'an older effect written over a newer one',
  contradicted: 'refused by the broker, and delivered',
  phantom: 'delivered, and never sent',
  corrupt: 'delivered with a wrong checksum',
  misrouted: 'delivered from another partition than it was sent to',
  reordered: 'delivered after a later message of its producer and partition',
  unprocessed: 'received, and without effect',
  'dead-letter-lost': 'left the queue, in no dead letter, without effect',
  'over-retried': 'tried more often than allowed',
  unavailable: 'acknowledgements stopped',
};

export const verdictWords = { pass: '✓ PASS', fail: '✗ FAIL', inconclusive: '? INCONCLUSIVE' } as const;

/** Findings worth a line: those there are, and those that were asked about and could not be decided. */
export function shownFindings(record: RunRecord): FindingSummary[] {
  const asked = record.profile?.expect;
  return record.findings.filter(
    ({ class: name, count }) => count > 0 || asked?.limits[name] !== undefined || asked?.harm?.includes(name),
  );
}

/** The two sums of the counts, as lines that a reader can add up. */
export function sums(counts: Counts): string[] {
  return [
    `attempted ${counts.attempted} = acked ${counts.acked} + degraded ${counts.degraded} + rejected ${counts.rejected} + unknown ${counts.unknown}`,
    `acked ${counts.acked} = delivered ${counts.ackedDelivered} + lost ${counts.lost} + skipped ${counts.skipped} + unseen ${counts.unseen}`,
    `not acked ${counts.degraded + counts.rejected + counts.unknown} = delivered ${counts.degradedDelivered} degraded, ${counts.recovered} recovered, ${counts.contradicted} contradicted + degraded-lost ${counts.degradedLost} + undelivered ${counts.undelivered} + pending ${counts.pending}`,
  ];
}

export function exampleText(finding: Finding): string {
  const parts = [
    ...(finding.message === undefined ? [] : [finding.message]),
    ...(finding.partition === undefined ? [] : [`partition ${finding.partition}`]),
    ...(finding.position === undefined ? [] : [`position ${finding.position}`]),
    ...(finding.group === undefined ? [] : [`group ${finding.group}`]),
    ...(finding.proved === undefined ? [] : [finding.proved ? 'proved by the log' : 'not proved by the log']),
    ...(finding.how === undefined ? [] : [finding.how]),
    ...(finding.gapMs === undefined ? [] : [`${Math.round(finding.gapMs)} ms without an ack`]),
    ...(finding.fault === undefined ? [] : [attributionText(finding)]),
  ];
  return parts.join(', ');
}

function attributionText({ when, fault, otherFaults, confidence }: Finding): string {
  const faults = [fault, ...(otherFaults ?? [])].join(', ');
  return [when, faults, ...(confidence === undefined ? [] : [`(${confidence})`])]
    .filter((part) => part !== undefined)
    .join(' ');
}

export function faultText(fault: FaultAudit): string {
  const state =
    fault.error ?? (fault.injected ? (fault.healed ? 'injected, healed' : 'injected, not healed') : 'not injected');
  const parts = [
    `${fault.do} ${fault.targets.join(', ')}`,
    `due ${fault.trigger === undefined ? '?' : triggerText(fault.trigger)}`,
    ...(fault.injectedNs === undefined ? [] : [`at ${seconds(fault.injectedNs)}`]),
    ...(fault.injectedNs === undefined || fault.healedNs === undefined
      ? []
      : [`for ${seconds(fault.healedNs - fault.injectedNs)}`]),
    state,
    ...(fault.recoveryMs === undefined ? [] : [recoveryText(fault)]),
    ...(fault.lossWindowMs === undefined ? [] : [`oldest loss acked ${Math.round(fault.lossWindowMs)} ms before it`]),
  ];
  return parts.join(' · ');
}

function recoveryText({ recoveryMs, recovered }: FaultAudit): string {
  const gap = `${Math.round(recoveryMs ?? 0)} ms without an ack in one partition`;
  return recovered === false ? `${gap}, and none came again` : gap;
}

function triggerText(trigger: Readonly<Record<string, unknown>>): string {
  const late =
    trigger.lateMs === undefined ? `${String(trigger.lateMessages)} messages` : `${String(trigger.lateMs)} ms`;
  return `${String(trigger.due)} (${late} late)`;
}

export function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(2)} s`;
}

export function milliseconds(us: number): string {
  return `${us < 10_000 ? (us / 1000).toFixed(1) : Math.round(us / 1000)} ms`;
}

/** The command that repeats the run. */
export function againCommand(record: RunRecord, folder: string): string | undefined {
  return record.profile === undefined ? undefined : `mqchaos run --plan ${folder}/plan.json`;
}
