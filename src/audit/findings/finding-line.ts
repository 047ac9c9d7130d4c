/** Writes a line of findings.ndjson field by field, and leaves undefined fields out. */
import type { Finding } from './finding.ts';
import { ascii, type JsonBytes } from './json-bytes.ts';

const opening = ascii('{"class":');
const closing = ascii('}\n');
const yes = ascii('true');
const no = ascii('false');
const keyOf = (name: keyof Finding): Uint8Array => ascii(`,"${name}":`);
const keys = {
  message: keyOf('message'),
  proved: keyOf('proved'),
  how: keyOf('how'),
  group: keyOf('group'),
  topic: keyOf('topic'),
  partition: keyOf('partition'),
  position: keyOf('position'),
  receivedAtNs: keyOf('receivedAtNs'),
  redelivered: keyOf('redelivered'),
  sentAtNs: keyOf('sentAtNs'),
  settledAtNs: keyOf('settledAtNs'),
  attempts: keyOf('attempts'),
  fault: keyOf('fault'),
  otherFaults: keyOf('otherFaults'),
  when: keyOf('when'),
  confidence: keyOf('confidence'),
  gapMs: keyOf('gapMs'),
  recovered: keyOf('recovered'),
  times: keyOf('times'),
  applied: keyOf('applied'),
  by: keyOf('by'),
};

export function putFinding(out: JsonBytes, finding: Finding): void {
  out.raw(opening);
  out.quoted(finding.class);
  text(out, keys.message, finding.message);
  flag(out, keys.proved, finding.proved);
  text(out, keys.how, finding.how);
  text(out, keys.group, finding.group);
  text(out, keys.topic, finding.topic);
  whole(out, keys.partition, finding.partition);
  whole(out, keys.position, finding.position);
  whole(out, keys.receivedAtNs, finding.receivedAtNs);
  flag(out, keys.redelivered, finding.redelivered);
  whole(out, keys.sentAtNs, finding.sentAtNs);
  whole(out, keys.settledAtNs, finding.settledAtNs);
  whole(out, keys.attempts, finding.attempts);
  text(out, keys.fault, finding.fault);
  other(out, keys.otherFaults, finding.otherFaults);
  text(out, keys.when, finding.when);
  text(out, keys.confidence, finding.confidence);
  other(out, keys.gapMs, finding.gapMs);
  flag(out, keys.recovered, finding.recovered);
  whole(out, keys.times, finding.times);
  whole(out, keys.applied, finding.applied);
  text(out, keys.by, finding.by);
  out.raw(closing);
}

function text(out: JsonBytes, key: Uint8Array, value: string | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.quoted(value);
}

function whole(out: JsonBytes, key: Uint8Array, value: number | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.digits(value);
}

function flag(out: JsonBytes, key: Uint8Array, value: boolean | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.raw(value ? yes : no);
}

function other(out: JsonBytes, key: Uint8Array, value: readonly string[] | number | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.json(value);
}
