/** What the brokers logged at an instant, from the files that they left. Lines without a time are left out. */

import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { plain } from '../report/words/plain.ts';
import type { LogLine } from './story.ts';

const printed = ['stdout.log', 'stderr.log'];
const windowBytes = 64 * 1024;
/** Of a file, behind the first line that is late enough. */
const mostBytes = 512 * 1024;
const mostColumns = 300;
const mostLines = 24;

export interface LogRequest {
  /** Folder of the run's nodes. */
  readonly nodes: string;
  /** Folders of a node in which it logs, beside what it prints. */
  readonly logs: readonly string[];
  /** Wall clock at the run's base, ms since 1970. */
  readonly baseMs: number;
  /** Instants, nanoseconds since the run's base; lines up to half a second from one are taken. */
  readonly around: readonly number[];
}

export function logLines({ nodes, logs, baseMs, around }: LogRequest): LogLine[] {
  if (around.length === 0 || !Number.isFinite(baseMs) || !existsSync(nodes)) return [];
  const lines = readdirSync(nodes, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: node }) =>
      filesOf(join(nodes, node), logs).flatMap((file) =>
        spans(around).flatMap(([fromNs, toNs]) =>
          linesBetween(join(nodes, node, file), baseMs + fromNs / 1e6, baseMs + toNs / 1e6).map(({ atMs, text }) => ({
            ...{ node, file, atNs: Math.round((atMs - baseMs) * 1e6) },
            text: plain(text.replaceAll('\t', ' ')).slice(0, mostColumns),
          })),
        ),
      ),
    );
  // the nearest to what happened are worth most
  const distance = ({ atNs }: LogLine): number => Math.min(...around.map((each) => Math.abs(each - atNs)));
  const nearest = lines.sort((a, b) => distance(a) - distance(b)).slice(0, mostLines);
  return nearest.sort((a, b) => a.atNs - b.atNs);
}

function filesOf(node: string, folders: readonly string[]): string[] {
  const logged = folders.flatMap((folder) => {
    const path = join(node, folder);
    if (!existsSync(path)) return [];
    const entries = readdirSync(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
      .map(({ name }) => join(folder, name));
  });
  return [...printed.filter((file) => existsSync(join(node, file))), ...logged];
}

/** Half a second on both sides of each instant, those that overlap as one. */
function spans(around: readonly number[]): [fromNs: number, toNs: number][] {
  const merged: [number, number][] = [];
  for (const atNs of [...around].sort((a, b) => a - b)) {
    const last = merged.at(-1);
    if (last !== undefined && last[1] >= atNs - 5e8) last[1] = atNs + 5e8;
    else merged.push([atNs - 5e8, atNs + 5e8]);
  }
  return merged;
}

function linesBetween(path: string, fromMs: number, toMs: number): { atMs: number; text: string }[] {
  const fd = openSync(path, 'r');
  try {
    const found: { atMs: number; text: string }[] = [];
    const start = startOf(fd, fstatSync(fd).size, fromMs);
    for (const text of textAt(fd, start, mostBytes).split('\n')) {
      const atMs = timeOf(text);
      if (atMs === undefined || atMs < fromMs) continue;
      if (atMs > toMs) break;
      found.push({ atMs, text });
    }
    return found;
  } finally {
    closeSync(fd);
  }
}

/** A place shortly before the first line of that time or later: lines are in order of time, or nearly. */
function startOf(fd: number, sizeBytes: number, fromMs: number): number {
  let low = 0;
  let high = sizeBytes;
  while (high - low > windowBytes) {
    const middle = Math.floor((low + high) / 2);
    const lines = textAt(fd, middle, windowBytes).split('\n').slice(1);
    const atMs = lines.map(timeOf).find((each) => each !== undefined);
    if (atMs !== undefined && atMs < fromMs) low = middle;
    else high = middle;
  }
  return low;
}

function textAt(fd: number, at: number, lengthBytes: number): string {
  const bytes = Buffer.alloc(lengthBytes);
  return bytes.toString('utf8', 0, readSync(fd, bytes, 0, lengthBytes, at));
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const numeric = /(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/;
const worded = new RegExp(`(\\d{1,2}) (${months.join('|')}) (\\d{4}) (\\d\\d:\\d\\d:\\d\\d)(?:[.,](\\d{1,9}))?`);

/**
 * The time at the beginning of a line, in ms since 1970, in one of the forms that logs have; without a zone it is that of this
 * machine. Undefined: there is none.
 */
export function timeOf(line: string): number | undefined {
  const start = line.slice(0, 64);
  const [, year, month, day, time, fraction = '0', zone = ''] = numeric.exec(start) ?? wordedParts(start) ?? [];
  if (year === undefined) return undefined;
  const ms = Date.parse(`${year}-${month}-${day}T${time}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(ms) ? undefined : ms + Number(`0.${fraction}`) * 1000;
}

function wordedParts(start: string): string[] | undefined {
  const [all, day, month, year, time, fraction] = worded.exec(start) ?? [];
  if (all === undefined || day === undefined || month === undefined) return undefined;
  const number = String(months.indexOf(month) + 1).padStart(2, '0');
  return [all, year ?? '', number, day.padStart(2, '0'), time ?? '', fraction ?? '0'];
}
