/**
 * Records back into events, for people and for the events of the runner, which are few. The audit's passes over
 * millions of records read the words themselves.
 */
import { ToolError } from '../errors.ts';
import {
  ackSteps,
  assignments,
  type Delivery,
  drainSteps,
  type Event,
  type EventBody,
  effectOutcomes,
  failureCauses,
  faultSteps,
  holdings,
  kinds,
  marks,
  nameSpaces,
  nodeStates,
  none8,
  none16,
  noPosition,
  outcomes,
  type Position,
  phases,
  storeStates,
  workerStates,
} from './event.ts';
import type { Pass } from './reader.ts';
import { getRecord, type RecordFields, recordWords, textMore } from './record.ts';

/** A pass that gives every event to `onEvent`; call `finish` after the scan: the last event may wait for its text. */
export function eventPass(onEvent: (event: Event) => void): { pass: Pass; finish: () => void } {
  let open: RecordFields | undefined;
  let text: Buffer[] = [];
  const finish = (): void => {
    if (open === undefined) return;
    const event = decode(open, Buffer.concat(text).toString('utf8'));
    if (event !== undefined) onEvent({ ...event, atNs: open.atNs } as Event);
    open = undefined;
    text = [];
  };
  const pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      if (((words[at] as number) & 0xff) === kinds.text) text.push(textAt(words, at));
      else {
        finish();
        open = getRecord(words, at);
      }
    }
  };
  return { pass, finish };
}

/** The event of a record that has no text. A kind of a later version is nothing that a caller could have asked for. */
export function eventOf(record: RecordFields): Event {
  const event = decode(record, '');
  if (event === undefined) throw new Error(`kind ${record.kind} is no event`);
  return { ...event, atNs: record.atNs } as Event;
}

/** What the text record at `at` holds. */
export function textAt(words: Int32Array, at: number): Buffer {
  const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, 31);
  return Buffer.from(bytes.subarray(2, 2 + ((bytes[1] as number) & ~textMore)));
}

function decode(record: RecordFields, text: string): EventBody | undefined {
  const { producer, seq, session, group, attempt, value, code } = record;
  const by = { producer, seq, group, session, attempt };
  switch (record.kind) {
    case kinds.intended:
      return { kind: 'intended', producer, seq, attempt, partition: record.partition, sizeBytes: value };
    case kinds.outcome:
      return decodeOutcome(record);
    case kinds.disowned:
      return { kind: 'disowned', producer, seq };
    case kinds.untraced:
      return { kind: 'untraced', producer, seq };
    case kinds.received:
      return { kind: 'received', ...deliveryOf(record), group, session, attempt };
    case kinds.stored:
      return { kind: 'stored', ...deliveryOf(record) };
    case kinds.dead:
      return { kind: 'dead', ...deliveryOf(record), group, attempt };
    case kinds.processingFailed:
      return { kind: 'processingFailed', ...by, ...(code === failureCauses.store ? { cause: 'store' } : {}) };
    case kinds.redeliveryScheduled:
      return { kind: 'redeliveryScheduled', ...by, delayMs: value };
    case kinds.deadLettered:
      return { kind: 'deadLettered', ...by };
    case kinds.effect:
      return { kind: 'effect', ...by, effect: nameOf(effectOutcomes, code) };
    case kinds.held:
      return { kind: 'held', holding: nameOf(holdings, code), producer, seq, group, count: value };
    case kinds.ack:
      return { kind: 'ack', step: nameOf(ackSteps, code), group, session, ...placeOf(record) };
    case kinds.assigned:
      return {
        kind: 'assigned',
        assignment: nameOf(assignments, code),
        group,
        session,
        partition: record.partition,
      };
    default:
      return decodeRunEvent(record, text);
  }
}

function decodeRunEvent(record: RecordFields, text: string): EventBody | undefined {
  const { seq, code } = record;
  switch (record.kind) {
    case kinds.store: {
      const { group, session } = record;
      return { kind: 'store', state: nameOf(storeStates, code), group, session, detail: json(text) };
    }
    case kinds.fault:
      return { kind: 'fault', step: nameOf(faultSteps, code), fault: seq, detail: json(text) };
    case kinds.node:
      return { kind: 'node', state: nameOf(nodeStates, code), node: record.session, detail: json(text) };
    case kinds.worker:
      return { kind: 'worker', state: nameOf(workerStates, code), detail: json(text) };
    case kinds.phase:
      return { kind: 'phase', phase: nameOf(phases, code), detail: json(text) };
    case kinds.drain:
      return { kind: 'drain', step: nameOf(drainSteps, code), ok: seq === 1, detail: json(text) };
    case kinds.read:
      return { kind: 'read', detail: json(text) };
    case kinds.incident:
      return { kind: 'incident', detail: json(text) };
    case kinds.mark:
      return { kind: 'mark', mark: nameOf(marks, code), records: record.position };
    case kinds.name:
      return { kind: 'name', space: nameOf(nameSpaces, code), id: seq, text };
    default:
      return undefined; // a kind of a later version: skipped, as the format says
  }
}

function decodeOutcome(record: RecordFields): EventBody {
  const outcome = nameOf(outcomes, record.code);
  const { producer, seq, attempt, value } = record;
  const error = errorOf(record);
  const base = { kind: 'outcome', producer, seq, outcome, attempt, latencyUs: value } as const;
  const reason = error === undefined ? {} : { error };
  return tellsPlace(record) ? { ...base, ...placeOf(record), ...reason } : { ...base, ...reason };
}

/** Of an outcome: the number of the name of its error. */
export function errorOf({ code, session, position }: RecordFields): number | undefined {
  if (isFailure(code)) return position === noPosition ? undefined : position;
  return code === outcomes.degraded && session !== none16 ? session : undefined;
}

/** Of an outcome: whether it says where the message was stored. */
export function tellsPlace({ code, partition }: RecordFields): boolean {
  return !isFailure(code) && partition !== none16;
}

function isFailure(code: number): boolean {
  return code === outcomes.rejected || code === outcomes.unknown;
}

function deliveryOf(record: RecordFields): Delivery {
  return {
    producer: record.producer,
    seq: record.seq,
    flags: record.code,
    ...placeOf(record),
    sendAttempt: sendAttemptOf(record),
    latencyUs: deliveryLatencyUs(record),
  };
}

/** Of a delivery: the attempt that the message carries. */
export function sendAttemptOf({ value }: RecordFields): number {
  return value & 15;
}

/** Of a delivery: from the send time in the message to the receipt. */
export function deliveryLatencyUs({ value }: RecordFields): number {
  return (value >>> 4) * 16;
}

function placeOf(record: RecordFields): Position {
  return {
    partition: record.partition,
    ...(record.position === noPosition ? {} : { position: record.position }),
    ...(record.epoch === none8 ? {} : { epoch: record.epoch }),
  };
}

/** A detail whose last text records were cut off is empty: the event itself stands. */
function json<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return {} as T;
  }
}

function nameOf<T extends Record<string, number>>(codes: T, code: number): keyof T {
  const found = Object.keys(codes).find((name) => codes[name] === code);
  if (found !== undefined) return found;
  throw new ToolError(`code ${code} is none of ${Object.keys(codes).join(', ')}`, {
    code: 'unknown-code',
    hint: 'a later version of mqchaos wrote it: read it with that one',
  });
}
