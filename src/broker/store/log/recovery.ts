import type { Disk } from '../../world/world.ts';
import { openSegments, removeSegment, type Segment } from '../files/segment.ts';
import type { Derived } from './derivation.ts';
import { type EntryProblem, entryMagic, entrySize, readEntry } from './entry.ts';

/** What a node found in its commit log when it started. It is part of the line that says that the node is ready. */
export interface RecoveryReport {
  readonly segments: number;
  /** Where reading began: the position of the checkpoint, or 0. */
  readonly from: number;
  /** `used`, `none`, or `unusable: ` and the reason. Without one the whole log was read. */
  readonly checkpoint: string;
  /** How many entries were read. */
  readonly entries: number;
  /** How many bytes of log were kept. */
  readonly bytes: number;
  readonly cut: Cut | null;
}

export interface Cut {
  /** `torn`: no whole entry was cut, as after a crash during a write. `damage`: whole entries were cut as well. */
  readonly kind: 'torn' | 'damage';
  readonly position: number;
  readonly bytes: number;
  readonly reason: string;
}

export interface Recovered {
  readonly segments: Segment[];
  readonly report: RecoveryReport;
}

const chunkBytes = 1024 * 1024;

/**
 * Reads the log from the last checkpoint on, applies each entry to `derived`, and cuts the log at the first byte that is
 * not part of a valid entry. An entry that contradicts those before it is not valid either.
 */
export async function recoverLog(disk: Disk, derived: Derived): Promise<Recovered> {
  const segments = await openSegments(disk);
  const { position, checkpoint } = await derived.rewind(unbrokenEnd(segments));
  const { entries, end, reason } = await scanSegments(segments, position, derived);
  const cut = reason === undefined ? null : await cutLog(disk, segments, end, reason);
  const report = { segments: segments.length, from: position, checkpoint, entries, bytes: end, cut };
  return { segments, report };
}

/** Where the log ends; if a segment is missing, where the part before it ends. */
function unbrokenEnd(segments: readonly Segment[]): number {
  let end = segments[0]?.base ?? 0;
  for (const { base, sizeBytes } of segments) {
    if (base !== end) break;
    end = base + sizeBytes;
  }
  return end;
}

interface Scan {
  readonly entries: number;
  readonly end: number;
  readonly reason: string | undefined;
}

/** Applies every entry from a position on to `derived`, up to the first byte that is not part of a valid entry. */
export async function scanSegments(segments: readonly Segment[], from: number, derived: Derived): Promise<Scan> {
  let entries = 0;
  let end = segments[0]?.base ?? 0;
  for (const segment of segments) {
    if (segment.base !== end) return { entries, end, reason: `segment missing at ${end}` };
    end += segment.sizeBytes;
    if (end <= from) continue;
    const scan = await scanSegment(segment, Math.max(0, from - segment.base), derived);
    entries += scan.entries;
    end = scan.end;
    if (scan.reason !== undefined) return { entries, end, reason: scan.reason };
  }
  return { entries, end, reason: undefined };
}

async function scanSegment(segment: Segment, from: number, derived: Derived): Promise<Scan> {
  let entries = 0;
  let at = from;
  let window: Buffer = Buffer.alloc(0);
  let windowAt = from;
  while (at < segment.sizeBytes) {
    const position = segment.base + at;
    let entry = readEntry(window, at - windowAt, position);
    if (entry === 'incomplete' && windowAt + window.length < segment.sizeBytes) {
      await derived.congestion;
      const size = entrySize(window, at - windowAt);
      const length = Math.max(chunkBytes, typeof size === 'number' ? size : 0);
      // Never more than the file has: a damaged size may be any number.
      window = await segment.file.read(at, Math.min(length, segment.sizeBytes - at));
      windowAt = at;
      entry = readEntry(window, 0, position);
      if (entry === 'incomplete' && window.length < segment.sizeBytes - at && sizeBeyond(window)) continue;
    }
    if (typeof entry === 'string') return { entries, end: position, reason: describe(entry) };
    const refusal = derived.apply(entry);
    if (refusal !== undefined) return { entries, end: position, reason: refusal };
    entries += 1;
    at += entry.sizeBytes;
  }
  return { entries, end: segment.base + at, reason: undefined };
}

/** Whether the window starts with an entry that is longer than the window. Its size is known now, so it can be read whole. */
function sizeBeyond(window: Buffer): boolean {
  const size = entrySize(window, 0);
  return typeof size === 'number' && size > window.length;
}

async function cutLog(disk: Disk, segments: Segment[], position: number, reason: string): Promise<Cut> {
  let bytes = 0;
  let damage = false;
  for (const segment of segments) {
    const from = Math.max(0, position - segment.base);
    if (from >= segment.sizeBytes) continue;
    bytes += segment.sizeBytes - from;
    damage ||= await holdsEntry(segment, from);
  }
  while (segments.length > 1) {
    const last = segments.at(-1);
    if (last === undefined || last.base < position) break;
    segments.pop();
    await removeSegment(disk, last);
  }
  const last = segments.at(-1);
  if (last !== undefined && last.sizeBytes > position - last.base) {
    last.sizeBytes = position - last.base;
    await last.file.truncate(last.sizeBytes);
    await last.file.sync();
  }
  return { kind: damage ? 'damage' : 'torn', position, bytes, reason };
}

/** Whether a valid entry lies anywhere after `from`: a magic, the position where it is found, and a right checksum. */
async function holdsEntry(segment: Segment, from: number): Promise<boolean> {
  for (let start = from; start < segment.sizeBytes; start += chunkBytes) {
    const chunk = await segment.file.read(start, chunkBytes + entryMagic.length - 1);
    for (let at = chunk.indexOf(entryMagic); at >= 0; at = chunk.indexOf(entryMagic, at + 1)) {
      if (start + at === from) continue;
      const size = entrySize(chunk.subarray(at), 0);
      // At the end of the chunk the size may be missing after the magic; and a damaged size may be any number.
      const wanted = typeof size === 'number' ? Math.min(size, segment.sizeBytes - start - at) : 8;
      const head = await segment.file.read(start + at, wanted);
      if (typeof readEntry(head, 0, segment.base + start + at) !== 'string') return true;
    }
  }
  return false;
}

function describe(problem: EntryProblem): string {
  return problem === 'incomplete' ? 'entry incomplete' : problem;
}
