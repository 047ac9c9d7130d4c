/**
 * `p1.1.journal.index`, beside its journal: what a search in it needs to know, so that nobody reads a whole journal for
 * one message. Derived, and never evidence: it is made again when it is not there, or is not of the journal as it is.
 *
 * Layout, little-endian: magic `MQCINDX1`, u32 CRC-32 of all behind it, u32 length of a JSON head, the head, zeros up to a
 * multiple of 8, then the rows of all keys as doubles.
 */
import { readFileSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type Loops, takeLoops } from '../../loops/loops.ts';
import { type JournalEnd, scanJournal, type Watcher } from '../reader.ts';
import { IndexBuilder, type JournalIndex, newTags } from './builder.ts';

const magic = 'MQCINDX1';
const fixedBytes = 16;

interface Head extends Omit<JournalIndex, 'rows'> {
  readonly of: Stamp;
  /** Keys in their order, each with the number of its rows. */
  readonly keys: readonly (readonly [key: number, rows: number])[];
}

/** What tells a file from what it was before, and from others. */
interface Stamp {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** The index of a journal: the one beside it, or a new one, which is left there for the next search. */
export async function indexOf(journal: string): Promise<JournalIndex> {
  const stamp = stampOf(statSync(journal));
  const kept = readIndex(journal, stamp);
  if (kept !== undefined) return kept;
  using loops = takeLoops();
  const builder = new IndexBuilder(loops, newTags(loops));
  const index = builder.finish(await scanJournal(journal, builder.pass, loops));
  keep(journal, stamp, index);
  return index;
}

/** Makes the index of every journal that is read, beside the pass that reads it. */
export function indexWatcher(): (journal: string, loops: Loops) => Watcher {
  let tags: Int32Array | undefined;
  return (journal, loops) => {
    const stats = statSync(journal, { throwIfNoEntry: false });
    tags ??= newTags(loops);
    const builder = new IndexBuilder(loops, tags);
    const end = (found: JournalEnd): void => {
      if (stats !== undefined) keep(journal, stampOf(stats), builder.finish(found));
    };
    return { pass: builder.pass, end };
  };
}

function readIndex(journal: string, stamp: Stamp): JournalIndex | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(pathOf(journal));
  } catch {
    return undefined; // none is there, or none that we may read: another is made
  }
  if (bytes.length < fixedBytes || bytes.toString('latin1', 0, 8) !== magic) return undefined;
  if (crc32(bytes.subarray(12)) !== bytes.readUInt32LE(8)) return undefined;
  const headEnd = fixedBytes + bytes.readUInt32LE(12);
  const { of, keys, ...head } = JSON.parse(bytes.toString('utf8', fixedBytes, headEnd)) as Head;
  if (of.sizeBytes !== stamp.sizeBytes || of.modifiedMs !== stamp.modifiedMs) return undefined;
  const rows = new Map<number, Float64Array>();
  let at = bytes.byteOffset + aligned(headEnd);
  if (at % 8 !== 0) return undefined;
  for (const [key, count] of keys) {
    rows.set(key, new Float64Array(bytes.buffer, at, count));
    at += count * 8;
  }
  return { ...head, rows };
}

/** A folder that cannot be written makes the next search slower, and nothing else. */
function keep(journal: string, of: Stamp, { rows, ...head }: JournalIndex): void {
  const path = pathOf(journal);
  try {
    writeFileSync(`${path}.new`, encode(of, head, rows));
    renameSync(`${path}.new`, path);
  } catch {
    rmSync(`${path}.new`, { force: true });
  }
}

function encode(of: Stamp, head: Omit<JournalIndex, 'rows'>, rows: JournalIndex['rows']): Buffer {
  const keys = [...rows].map(([key, { length }]) => [key, length] as const);
  const json = Buffer.from(JSON.stringify({ ...head, of, keys } satisfies Head));
  const rowsAt = aligned(fixedBytes + json.length);
  const bytes = Buffer.alloc(rowsAt + keys.reduce((sum, [, count]) => sum + count * 8, 0));
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32LE(json.length, 12);
  json.copy(bytes, fixedBytes);
  let at = rowsAt;
  for (const some of rows.values()) {
    bytes.set(new Uint8Array(some.buffer, some.byteOffset, some.byteLength), at);
    at += some.byteLength;
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8);
  return bytes;
}

function pathOf(journal: string): string {
  return `${journal}.index`;
}

function stampOf({ size, mtimeMs }: Stats): Stamp {
  return { sizeBytes: size, modifiedMs: mtimeMs };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
