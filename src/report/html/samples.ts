/**
 * Affected messages for the page: all lines of findings.ndjson where they are few, else lines from places spread over the
 * whole file, and the worst of each class, which the record has anyway.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Finding } from '../../audit/audit.ts';
import { type FindingClass, findingClasses } from '../../audit/class.ts';
import type { RunRecord } from '../record.ts';

/** Shown of each class. */
export const mostOfClass = 50;
const places = 256;
const placeBytes = 4096;

export type Samples = ReadonlyMap<FindingClass, readonly Finding[]>;

/** At most `mostOfClass` of each class, in the order of time; the worst of the record are always among them. */
export function sampleFindings(record: RunRecord, file: string | undefined): Samples {
  const found = new Map<string, Finding[]>();
  for (const { class: name, examples } of record.findings) found.set(name, [...examples]);
  const known = new Set(record.findings.flatMap(({ examples }) => examples.map(keyOf)));
  for (const finding of file === undefined || !existsSync(file) ? [] : readSpread(file)) {
    const ofClass = found.get(finding.class);
    if (ofClass === undefined || known.has(keyOf(finding))) continue; // a class that the record does not have
    known.add(keyOf(finding));
    ofClass.push(finding);
  }
  return new Map(
    findingClasses.flatMap((name) => {
      const ofClass = found.get(name);
      return ofClass === undefined ? [] : [[name, thinned(ofClass, name, record)] as const];
    }),
  );
}

/** The instant at which a finding shows: the delivery it is about, else when the message was answered. */
export function instantOf({ receivedAtNs, settledAtNs, sentAtNs, fault }: Finding, record: RunRecord): number {
  const hit = record.faults.find(({ id }) => id === fault);
  return receivedAtNs ?? settledAtNs ?? sentAtNs ?? hit?.injected ?? hit?.triggeredAt ?? 0;
}

/** The first of them are the worst and stay; of the others every so many. */
function thinned(findings: readonly Finding[], name: FindingClass, record: RunRecord): Finding[] {
  const worst = record.findings.find((summary) => summary.class === name)?.examples.length ?? 0;
  const others = findings.slice(worst);
  const room = mostOfClass - worst;
  const step = Math.max(1, others.length / room);
  const kept = [...findings.slice(0, worst)];
  for (let at = 0; at < others.length && kept.length < mostOfClass; at += step) {
    kept.push(others[Math.floor(at)] as Finding);
  }
  return kept.sort((a, b) => instantOf(a, record) - instantOf(b, record));
}

function keyOf({ class: name, message, group, receivedAtNs, fault }: Finding): string {
  return [name, message, group, receivedAtNs, message === undefined ? fault : ''].join(' ');
}

/** A small file is read whole. */
function readSpread(path: string): Finding[] {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    if (size <= places * placeBytes) return linesOf(read(fd, 0, size), true);
    const step = (size - placeBytes) / (places - 1);
    return Array.from({ length: places }, (_, place) => {
      const at = Math.floor(place * step);
      return linesOf(read(fd, at, placeBytes), at === 0);
    }).flat();
  } finally {
    closeSync(fd);
  }
}

function read(fd: number, at: number, length: number): string {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, at)).toString();
}

/** The whole lines of a piece of the file; its first is cut unless it begins there, and its last may be. */
function linesOf(text: string, whole: boolean): Finding[] {
  const lines = text.split('\n');
  return lines.slice(whole ? 0 : 1, -1).flatMap((line) => {
    try {
      return [JSON.parse(line) as Finding];
    } catch {
      return []; // not written by us: the record says what was found
    }
  });
}
