/**
 * What may come out other than meant, each as a sentence: faults after sending, faults that outlast it, faults that find
 * their target under another one. No errors: sending takes longer than planned when a fault holds it up.
 */
import { productOf } from '../products/registry.ts';
import { spell } from '../profile/schema/units.ts';
import type { FaultPlan, Plan, TargetPlan, Trigger } from './plan.ts';

export function warningsOf(plan: Plan): string[] {
  const late = lateFaults(plan);
  return [
    ...(productOf(plan.cluster.broker).warnings?.(plan) ?? []),
    ...unknownOfOwn(plan),
    ...late,
    ...(late.length > 0
      ? ['a fault that did not fire makes the run inconclusive; give a percentage, or send more messages']
      : []),
    ...meetings(plan),
  ];
}

/** What mqchaos cannot know of workers of the user's own. */
function unknownOfOwn({ producers, consumers }: Plan): string[] {
  const { acks, idempotent, timeoutMs } = producers;
  const asked = `acks ${acks}${idempotent ? ', idempotent' : ''}, ${spell(timeoutMs)} for an attempt`;
  return [
    ...(producers.command === undefined
      ? []
      : [
          `your producers are told ${asked}; whether their client keeps to it, and what it sends again by itself, mqchaos ` +
            'cannot see: an attempt is one line to your worker',
        ]),
    ...(consumers.command === undefined
      ? []
      : [
          `your consumers are told to commit ${consumers.commit} processing; what they do is what they say of each ` +
            'message: a receipt that was not reported when a consumer is killed counts as none',
        ]),
  ];
}

/** `f2` of `f2.3`. */
export function entryOf(id: string): string {
  return id.split('.')[0] ?? id;
}

/** One line an entry. */
function lateFaults(plan: Plan): string[] {
  const sendingMs = sendingMsOf(plan);
  if (sendingMs === undefined) return [];
  const late = plan.faults.flatMap(({ id, trigger, repetition }) =>
    trigger.type === 'time' && trigger.afterMs >= sendingMs && !repetition ? [{ id, dueMs: trigger.afterMs }] : [],
  );
  return firstOfEach(late).map(({ id, dueMs }) => {
    const last = late.findLast((other) => entryOf(other.id) === entryOf(id))?.id ?? id;
    const due = last === id ? `${id} is due at ${spell(dueMs)}` : `${id} to ${last} are due from ${spell(dueMs)} on`;
    return `${due}, after the ${seconds(sendingMs)} that sending takes unless it is held up`;
  });
}

/** Faults that end when sending is over, so that nothing shows how it would go on: as often meant as not. */
export function notesOf(plan: Plan): string[] {
  const sendingMs = sendingMsOf(plan);
  if (sendingMs === undefined) return [];
  const found = plan.faults.flatMap((fault) => {
    const window = windowOf(fault, sendingMs);
    const outlasts = window !== undefined && window.fromMs < sendingMs && window.toMs > sendingMs;
    return outlasts && !fault.repetition ? [{ id: fault.id, toMs: window.toMs }] : [];
  });
  return firstOfEach(found).map(
    ({ id, toMs }) =>
      `${id} outlasts sending: it is healed at ${seconds(toMs)}, and sending takes ${seconds(sendingMs)} unless it is held up`,
  );
}

/** A fault waits until its target is free: one line for two entries that meet. */
function meetings(plan: Plan): string[] {
  const sendingMs = sendingMsOf(plan);
  const windows = plan.faults
    .flatMap((fault) => {
      const window = windowOf(fault, sendingMs);
      return window === undefined ? [] : [{ fault, ...window }];
    })
    .sort((one, other) => one.fromMs - other.fromMs);
  const told = new Set<string>();
  return windows.flatMap(({ fault, fromMs }, index) => {
    const before = windows
      .slice(0, index)
      .find((each) => each.toMs > fromMs && shared(each.fault.target, fault.target) !== undefined);
    if (before === undefined) return [];
    const pair = `${entryOf(before.fault.id)} ${entryOf(fault.id)}`;
    if (told.has(pair)) return [];
    told.add(pair);
    const where = shared(before.fault.target, fault.target);
    return [
      `${fault.id} is due at ${seconds(fromMs)}, while ${before.fault.id} is in force on ${where} until ` +
        `${seconds(before.toMs)}: it waits for that`,
    ];
  });
}

/** When a fault is in force, in ms from the start of sending; undefined: only the run will show. */
function windowOf({ trigger, forMs }: FaultPlan, sendingMs?: number): { fromMs: number; toMs: number } | undefined {
  const fromMs = dueMs(trigger, sendingMs);
  return fromMs === undefined || forMs === undefined ? undefined : { fromMs, toMs: fromMs + forMs };
}

function dueMs(trigger: Trigger, sendingMs: number | undefined): number | undefined {
  if (trigger.type === 'time') return trigger.afterMs;
  return trigger.type === 'progress' && sendingMs !== undefined ? trigger.fraction * sendingMs : undefined;
}

/** What two faults aim at both. */
function shared(one: TargetPlan, other: TargetPlan): string | undefined {
  if (one.type === 'leader' || other.type === 'leader') {
    const same = one.type === 'leader' && other.type === 'leader' && one.partition === other.partition;
    return same ? `the leader of ${one.partition}` : undefined;
  }
  const names = one.type === 'nodes' ? one.nodes : one.workers;
  const others = other.type === 'nodes' ? other.nodes : other.workers;
  return names.find((name) => others.includes(name));
}

/** How long sending takes if nothing holds it up; undefined: as long as it takes. */
function sendingMsOf({ producers: { messages, ratePerSecond } }: Plan): number | undefined {
  return ratePerSecond === undefined ? undefined : (messages / ratePerSecond) * 1000;
}

function firstOfEach<T extends { readonly id: string }>(faults: readonly T[]): T[] {
  return faults.filter(({ id }, i) => faults.findIndex((other) => entryOf(other.id) === entryOf(id)) === i);
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}
