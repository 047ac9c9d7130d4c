/** The sentences and numbers that every report shares. Plain text: no colour, no markup. */
import type { Counts, Finding, FindingSummary } from '../../audit/audit.ts';
import { effectClasses, type FindingClass, redeliveryClasses } from '../../audit/class.ts';
import { counted } from '../../counted.ts';
import type { RecordedFault, RecordedStoreOutage, RunRecord } from '../record.ts';
import { evidenceTexts } from './evidence.ts';

const mostNames = 6;

export const verdictWords = { pass: '✓ PASS', fail: '✗ FAIL', inconclusive: '? INCONCLUSIVE' } as const;

/** Findings worth a line: those there are, and those that were asked about and could not be decided. */
export function shownFindings(record: RunRecord): FindingSummary[] {
  const asked = record.profile?.expect;
  return record.findings.filter(
    ({ class: name, count }) => count > 0 || asked?.limits[name] !== undefined || asked?.harm?.includes(name),
  );
}

/** A sum of the counts that a reader can add up: its name, the whole, its parts. */
export type Sum = readonly [name: string, whole: number, parts: string];

/** That of the messages without an ack only where there are any, and only its parts that are not 0. */
export function sums(counts: Counts): Sum[] {
  const { attempted, acked, degraded, rejected, unknown, ackedDelivered, lost, skipped, unseen } = counts;
  const others: [string, number][] = [
    ['degraded and delivered', counts.degradedDelivered],
    ['degraded-lost', counts.degradedLost],
    ['recovered', counts.recovered],
    ['contradicted', counts.contradicted],
    ['undelivered', counts.undelivered],
    ['pending', counts.pending],
  ];
  const parts = others.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`);
  return [
    ['attempted', attempted, `acked ${acked} + degraded ${degraded} + rejected ${rejected} + unknown ${unknown}`],
    ['acked', acked, `delivered ${ackedDelivered} + lost ${lost} + skipped ${skipped} + unseen ${unseen}`],
    ...(parts.length === 0 ? [] : [['not acked', attempted - acked, parts.join(' + ')] as const]),
    ...(counts.processable === 0 ? [] : [['to process', counts.processable, effectParts(counts)] as const]),
  ];
}

/** Effects that the store holds, over what each group received; only the parts that are not 0, but for the good one. */
function effectParts(counts: Counts): string {
  const { effectOnce, effectMore, effectNone, effectDead, effectHidden, effectOpen } = counts;
  const others: [string, number][] = [
    ['applied more than once', effectMore],
    ['without effect', effectNone],
    ['in the dead letter topic', effectDead],
    ['under shared keys', effectHidden],
    ['open', effectOpen],
  ];
  const parts = others.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`);
  return [`applied once ${effectOnce}`, ...parts].join(' + ');
}

/** How often messages came again. Over all duplicates: the classes count messages, and one may be in several. */
export function extraDeliveries({ extraDeliveries: extra, extraFlagged }: Counts): string | undefined {
  if (extra === 0) return undefined;
  const flagged = extraFlagged === 0 ? '' : `, ${extraFlagged} of them flagged by the broker`;
  return `${counted(extra, 'extra delivery', 'extra deliveries')}${flagged}`;
}

/** What came by the retry topics, and where the last of it went. */
export function redelivered({ redeliveries, deadLetters }: Counts): string | undefined {
  if (redeliveries + deadLetters === 0) return undefined;
  const end = deadLetters === 0 ? '' : `, ${counted(deadLetters, 'message')} in a dead letter topic`;
  return `${counted(redeliveries, 'redelivery', 'redeliveries')}${end}`;
}

/** How much was sent again, and how much of it came late for that. */
export function retries({ attempts, attempted, reorderedRetries }: Counts): string | undefined {
  if (attempts <= attempted) return undefined;
  const late = `${counted(reorderedRetries, 'retried message')} delivered after later ones`;
  return `${counted(attempts - attempted, 'retry', 'retries')}${reorderedRetries === 0 ? '' : `, ${late}`}`;
}

/** Why attempts were not acked: `3 degraded attempts: FLUSH_DISK_TIMEOUT 3`, one line an outcome. */
export function reasons({ answers = {} }: RunRecord): string[] {
  return Object.entries(answers).map(([outcome, counts]) => {
    const named = Object.entries(counts);
    const total = named.reduce((sum, [, count]) => sum + count, 0);
    const shown = named.slice(0, mostReasons).map(([reason, count]) => `${reason} ${count}`);
    const more = named.length > mostReasons ? `, and ${named.length - mostReasons} more` : '';
    return `${counted(total, `${outcome} attempt`)}: ${shown.join(', ')}${more}`;
  });
}

const mostReasons = 5;

/** What the settings promise of a class, whatever the run was held to. Absent from records of before. */
export function contractText({ contract }: FindingSummary): string | undefined {
  if (contract === undefined) return undefined;
  return `the contract ${contract.allowed ? 'allows' : 'forbids'} it: ${contract.because}`;
}

export function exampleText(finding: Finding, record: RunRecord): string {
  const parts = [
    ...(finding.message === undefined ? [] : [finding.message]),
    ...(finding.topic === undefined ? [] : [`topic ${finding.topic}`]),
    ...(finding.partition === undefined ? [] : [`partition ${finding.partition}`]),
    ...(finding.position === undefined ? [] : [`position ${finding.position}`]),
    ...(finding.group === undefined ? [] : [`group ${shortGroup(finding.group, record.topic)}`]),
    ...(finding.proved === undefined ? [] : [finding.proved ? 'proved by the log' : 'not proved by the log']),
    ...(finding.how === undefined ? [] : [finding.how]),
    ...(finding.times === undefined ? [] : [`applied ${counted(finding.times, 'time')}`]),
    ...(finding.by === undefined ? [] : [`overwritten by ${finding.by}`]),
    ...(finding.gapMs === undefined ? [] : [`${Math.round(finding.gapMs)} ms without an ack`]),
    ...(finding.fault === undefined ? [] : [attributionText(finding, record)]),
  ];
  return parts.join(', ');
}

/** Groups of a run are named by its topic; here their own part is enough. */
export function shortGroup(group: string, topic: string): string {
  return group.startsWith(`${topic}-`) ? group.slice(topic.length + 1) : group;
}

/** Says of a fault that came later how much later, or it reads as if the fault had come first. */
export function attributionText(finding: Finding, { faults }: Pick<RunRecord, 'faults'>): string {
  const { when, fault, otherFaults, confidence, settledAtNs } = finding;
  const names = [fault, ...(otherFaults ?? [])].join(', ');
  if (when === 'after') {
    const beganAt = faults.find(({ id }) => id === fault)?.triggeredAt ?? undefined;
    const deed = ackedClasses.has(finding.class) ? 'acked' : 'settled';
    const early =
      beganAt === undefined || settledAtNs === undefined ? '' : `${seconds(Math.max(0, beganAt - settledAtNs))} `;
    return `${deed} ${early}before ${names}`;
  }
  return [when, names, ...(confidence === undefined ? [] : [`(${confidence})`])]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** Classes of messages that were acknowledged. */
const ackedClasses: ReadonlySet<FindingClass> = new Set(['lost', 'rolled-back', 'skipped', 'unseen']);

/** What was done; and what it took and cost, where it did. */
export function faultTexts(fault: RecordedFault): [string] | [string, string] {
  const { target, missing, trigger, injected, healed, idle, error, lossWindowMs } = fault;
  const deed = [
    `${fault.do} ${target.join(', ')}`,
    ...(missing.length === 0 ? [] : [`without ${missing.join(', ')}`]),
    ...(trigger === undefined ? [] : [`due ${triggerText(trigger)}`]),
    injectedText(fault),
    ...(injected === null ? [] : [healed === null ? 'not healed' : `healed after ${seconds(healed - injected)}`]),
    ...(idle === true ? ['met no traffic'] : []),
    ...(error === undefined ? [] : [`failed: ${error}`]),
  ];
  const cost = [
    ...evidenceTexts(fault),
    ...recoveryTexts(fault),
    ...(lossWindowMs === undefined ? [] : [`oldest loss acked ${Math.round(lossWindowMs)} ms before it`]),
  ];
  return cost.length === 0 ? [deed.join(' · ')] : [deed.join(' · '), cost.join(' · ')];
}

/** Below this a deed is an instant for a reader. */
const instantNs = 2e8;

/** A deed that takes its time lasts from its beginning, by which what came before it is measured. */
function injectedText({ triggeredAt, injected }: RecordedFault): string {
  if (injected === null) return 'not injected';
  const began = triggeredAt ?? injected;
  return injected - began < instantNs
    ? `injected at ${seconds(injected)}`
    : `injected from ${seconds(began)} to ${seconds(injected)}`;
}

function recoveryTexts(fault: RecordedFault): string[] {
  const { recoveryMs, recovered, recoveryPartition, recoveryAtMostMs, recoveryAtMostPartition } = fault;
  const gap = (ms: number, partition?: number): string => {
    const where = partition === undefined ? '' : ` in partition ${partition}`;
    return `${Math.round(ms)} ms without an ack${where}`;
  };
  const unended = recovered === false ? ', and none came again' : '';
  return [
    ...(recoveryMs === undefined ? [] : [`${gap(recoveryMs, recoveryPartition)}${unended}`]),
    ...(recoveryAtMostMs === undefined ? [] : [`at most ${gap(recoveryAtMostMs, recoveryAtMostPartition)}`]),
  ];
}

/** When a store was away and for whom; and what that took. */
export function outageTexts(outage: RecordedStoreOutage, { faults }: RunRecord): [string, string] {
  const { store, from, to, seenBy, calls, connects, tries } = outage;
  const back = to === null ? 'and did not come back' : `for ${seconds(to - from)}`;
  const planned = faults.filter(({ id }) => outage.faults.includes(id));
  const during = planned.map(({ id, do: deed, target }) => `${id} (${deed} ${target.join(', ')})`).join(', ');
  return [
    `${store} · away from ${seconds(from)} ${back} · seen by ${listedFirst(seenBy.map(({ name }) => name))}`,
    [
      `${counted(calls, 'call')} without an answer`,
      `${counted(connects, 'connection')} not made`,
      tries === 0 ? 'no try spent' : `${counted(tries, 'try', 'tries')} spent`,
      planned.length === 0 ? 'no fault of the plan' : `during ${during}`,
    ].join(' · '),
  ];
}

/** Names of a run may be many. */
export function listedFirst(names: readonly string[]): string {
  const more = names.length - mostNames;
  return [...names.slice(0, mostNames), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function triggerText({ due, lateMs, lateMessages }: Readonly<Record<string, unknown>>): string {
  const late = lateMs === undefined ? counted(Number(lateMessages), 'message') : `${String(lateMs)} ms`;
  return `${String(due)} (${late} late)`;
}

export function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(2)} s`;
}

export function milliseconds(us: number): string {
  return `${us < 10_000 ? (us / 1000).toFixed(1) : Math.round(us / 1000)} ms`;
}

/** The latencies there are, with their names. */
export function latencies({ latency }: RunRecord): [string, NonNullable<RunRecord['latency']['ack']>][] {
  return [
    ...(latency.ack === undefined ? [] : [['ack', latency.ack] as [string, typeof latency.ack]]),
    ...(latency.endToEnd === undefined ? [] : [['end to end', latency.endToEnd] as [string, typeof latency.endToEnd]]),
  ];
}

/** Of somebody else's records: what was taken for granted, and what cannot be said of them at all. */
export function foreignLines({ assumptions, findings }: RunRecord): { taken: readonly string[]; undecided: string[] } {
  if (assumptions === undefined) return { taken: [], undecided: [] };
  const ofRecords = findings.filter(({ class: name, count }) => count === 0 && !ofRunsAlone.has(name));
  return {
    taken: assumptions,
    undecided: ofRecords.flatMap(({ class: name, undecided }) =>
      undecided === undefined ? [] : [`${name}: ${undecided}`],
    ),
  };
}

/** Nobody expects them of records that name no redelivery and no effect. */
const ofRunsAlone: ReadonlySet<FindingClass> = new Set([...redeliveryClasses, ...effectClasses]);

/** What is found although a class is undecided is proved by something else, and need not be all. */
export function undecidedText({ count, undecided }: FindingSummary): string[] {
  if (undecided === undefined) return [];
  return [count > 0 ? `there may be more: ${undecided}` : `undecided: ${undecided}`];
}

/** Steps of a drain that were carried out: an import has none but the caller's word. */
export function drainSteps({ drain }: RunRecord): RunRecord['drain']['steps'] {
  return drain.steps.filter(({ ok, proof }) => !ok || proof !== undefined);
}
