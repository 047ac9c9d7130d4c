/** What conclusions are drawn from. */
import type { Finding } from '../audit/audit.ts';
import type { FaultRecord, RunRecord as RunnerRecord } from '../audit/evidence/run-record.ts';
import type { PowerCutLoss } from '../products/left.ts';
import { evidenceTexts } from '../report/words/evidence.ts';
import { shortGroup } from '../report/words/phrases.ts';
import { type EventOf, eventsOf } from './life.ts';
import type { Conclusion, PlaceRead, Source, StoryEvent } from './story.ts';

export interface Case {
  readonly message: string;
  readonly topic: string;
  readonly groups: readonly string[];
  readonly events: readonly StoryEvent[];
  readonly findings: readonly Finding[] | null;
  readonly places: readonly PlaceRead[];
  readonly loss: PowerCutLoss | null;
  readonly runner: RunnerRecord;
  readonly faults: readonly FaultRecord[];
  /** Commits behind its position, by whomever, in order of time. */
  readonly passes: readonly EventOf<'commit'>[];
  /** When the journal of its producer ends, and whether the producer ended by itself. */
  readonly producerEnd: { readonly atNs: number; readonly closed: boolean; readonly journal: string } | undefined;
}

export type Conclude = (of: Case, finding: Finding) => Conclusion;

/** `2.361 s`, since the run's base. */
export function instant(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`;
}

/** `p1.1.journal record 17` */
export function cite({ journal, record }: Source): string {
  return record === undefined ? journal : `${journal} record ${record}`;
}

/** The acknowledgement that counts: of an acked attempt, else of a degraded one. */
export function ackOf({ events }: Pick<Case, 'events'>): EventOf<'answered'> | undefined {
  if (eventsOf(events, 'disowned').length > 0) return undefined;
  const answers = eventsOf(events, 'answered');
  return answers.find(({ outcome }) => outcome === 'acked') ?? answers.find(({ outcome }) => outcome === 'degraded');
}

/** `at position 17 of partition 3`, or what of it is known. */
export function placeText({
  partition,
  position,
}: {
  readonly partition?: number;
  readonly position?: number;
}): string {
  if (partition === undefined && position === undefined) return 'without a position';
  if (position === undefined) return `in partition ${partition}`;
  return partition === undefined ? `at position ${position}` : `at position ${position} of partition ${partition}`;
}

export function groupText({ topic }: Case, group: string): string {
  return shortGroup(group, topic);
}

export function faultText({ id, do: deed, targets }: FaultRecord): string {
  return `${id} (${deed} ${targets.join(', ')})`;
}

/** The faults that were in force at any moment of a time. Said of time alone; undefined: none was. */
export function faultsIn({ faults }: Case, fromNs: number, toNs = fromNs): string | undefined {
  const inForce = faults.filter(
    ({ injectingNs, healedNs }) => injectingNs !== undefined && injectingNs <= toNs && (healedNs ?? toNs) >= fromNs,
  );
  if (inForce.length === 0) return undefined;
  const when = fromNs === toNs ? 'then' : 'meanwhile';
  return `${inForce.map(faultText).join(' and ')} ${inForce.length === 1 ? 'was' : 'were'} in force ${when}`;
}

/** Of a loss: the faults in force at an instant, else the one that came next; undefined: there was none. */
export function faultsFrom(of: Case, atNs: number): string | undefined {
  const inForce = faultsIn(of, atNs);
  if (inForce !== undefined) return inForce;
  const next = of.faults.filter(({ injectingNs = 0 }) => injectingNs > atNs).sort(byTime)[0];
  return next === undefined ? undefined : `${faultText(next)} came ${instant((next.injectingNs ?? 0) - atNs)} later`;
}

/**
 * What power cuts after that time took, by their evidence: `f1: r1 lost 83.6 KiB not synced (a.aof 83.6 KiB)`. Which messages
 * those bytes were it does not say.
 */
export function cutsAfter({ faults }: Case, atNs: number): string {
  const cuts = faults.filter(({ injectedNs = 0, evidence }) => injectedNs > atNs && evidence.some(hasCut));
  return joined(
    ...cuts
      .sort(byTime)
      .map(({ id, evidence }) => `${id}: ${evidenceTexts({ evidence: evidence.filter(hasCut) }).join(', ')}`),
  );
}

function hasCut({ cutPower }: Readonly<Record<string, unknown>>): boolean {
  const { droppedBytes } = (cutPower ?? {}) as { readonly droppedBytes?: unknown };
  return typeof droppedBytes === 'number' && droppedBytes > 0;
}

function byTime(a: FaultRecord, b: FaultRecord): number {
  return (a.injectingNs ?? 0) - (b.injectingNs ?? 0);
}

/** Half sentences as one: `a; b; c`. */
export function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('; ');
}
