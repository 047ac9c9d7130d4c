/** A line of findings.ndjson, field by field; what is undefined is left out. */
import type { Finding } from './finding.ts';
import type { JsonBytes } from './json-bytes.ts';

export function putFinding(out: JsonBytes, finding: Finding): void {
  out.raw('{"class":');
  out.quoted(finding.class);
  text(out, ',"message":', finding.message);
  flag(out, ',"proved":', finding.proved);
  text(out, ',"how":', finding.how);
  text(out, ',"group":', finding.group);
  whole(out, ',"partition":', finding.partition);
  whole(out, ',"position":', finding.position);
  whole(out, ',"receivedAtNs":', finding.receivedAtNs);
  flag(out, ',"redelivered":', finding.redelivered);
  whole(out, ',"sentAtNs":', finding.sentAtNs);
  whole(out, ',"settledAtNs":', finding.settledAtNs);
  whole(out, ',"attempts":', finding.attempts);
  text(out, ',"fault":', finding.fault);
  other(out, ',"otherFaults":', finding.otherFaults);
  text(out, ',"when":', finding.when);
  text(out, ',"confidence":', finding.confidence);
  other(out, ',"gapMs":', finding.gapMs);
  flag(out, ',"recovered":', finding.recovered);
  whole(out, ',"times":', finding.times);
  whole(out, ',"applied":', finding.applied);
  text(out, ',"by":', finding.by);
  out.raw('}\n');
}

function text(out: JsonBytes, key: string, value: string | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.quoted(value);
}

function whole(out: JsonBytes, key: string, value: number | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.digits(value);
}

function flag(out: JsonBytes, key: string, value: boolean | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.raw(value ? 'true' : 'false');
}

function other(out: JsonBytes, key: string, value: readonly string[] | number | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.json(value);
}
