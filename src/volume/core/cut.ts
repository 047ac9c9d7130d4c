import { createHash } from 'node:crypto';
import type { Inode } from './inode.ts';
import { type NameChange, type UndoneName, undoneNames } from './names.ts';
import type { Range } from './ranges.ts';
import type { Volume } from './volume.ts';

/** A disk writes a sector as a whole or not at all. */
const sectorBytes = 512;

/** How much of the details a report holds; its totals are always exact. */
const fileLimit = 200;
const rangeLimit = 20;

/** What a power cut took, as the node had seen it. */
export interface CutReport {
  /** Those that lost the most, first; at most 200. */
  readonly files: readonly FileLoss[];
  /** At most 200, newest change first. */
  readonly names: readonly UndoneName[];
  readonly totals: {
    readonly files: number;
    readonly names: number;
    /** Bytes that were written and not synced. */
    readonly droppedBytes: number;
    /** With a torn cut, bytes that were not synced and reached the disk nevertheless. */
    readonly keptBytes: number;
    /** Files that nobody can reach any more, because no name of theirs was synced. */
    readonly gone: number;
  };
}

export interface FileLoss {
  /** Relative to the volume, before the cut. */
  readonly path: string;
  readonly sizeBytes: number;
  /** After the cut. */
  readonly leftBytes: number;
  readonly droppedBytes: number;
  readonly keptBytes?: number;
  /** `[start, end)` of what was dropped; at most 20, the last ones. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
  /** Absent if `ranges` has all. */
  readonly rangeCount?: number;
  /** No name of it was synced. */
  readonly gone?: true;
}

/** The report, and what is different from what the node's kernel may remember. */
export interface Cut {
  readonly report: CutReport;
  readonly changed: readonly Inode[];
  readonly undone: readonly NameChange[];
}

/**
 * Leaves what the disk has promised, and nothing else. With a torn seed, of each file also what was written below a place
 * that follows from the seed and its path, at the border of a sector: as if the disk had been writing it.
 */
export function cutPower(volume: Volume, tornSeed?: number): Cut {
  const changed = [...volume.dirty];
  const losses = changed.map((inode) => {
    const path = inode.path ?? `(removed ${inode.id})`;
    const from = tornSeed === undefined ? 0 : tornPlace(inode, `${tornSeed}\0${path}`);
    const loss = lossOf(inode, path, from);
    volume.restore(inode, from);
    return { inode, loss: { ...loss, leftBytes: inode.sizeBytes } };
  });
  const undone = volume.names.takeAll();
  const names = undone.flatMap((change) => {
    const told = undoneNames(change);
    volume.undo(change);
    return told;
  });
  const touched = new Set([...changed, ...undone.flatMap(({ slots }) => slots.flatMap(({ after }) => after ?? []))]);
  const gone = new Set([...touched].filter((inode) => inode.kind === 'file' && inode.names.length === 0));
  volume.letGo(touched);
  return { report: reportOf(losses, names, gone), changed, undone };
}

interface Lost {
  readonly inode: Inode;
  readonly loss: FileLoss;
}

function reportOf(losses: readonly Lost[], names: readonly UndoneName[], gone: ReadonlySet<Inode>): CutReport {
  const files = losses
    .filter(({ loss }) => loss.droppedBytes > 0 || loss.sizeBytes !== loss.leftBytes)
    .map(({ inode, loss }) => (gone.has(inode) ? goneLoss(loss) : loss))
    .sort((one, other) => other.droppedBytes - one.droppedBytes);
  return {
    files: files.slice(0, fileLimit),
    names: names.slice(0, fileLimit),
    totals: {
      files: files.length,
      names: names.length,
      droppedBytes: files.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0),
      keptBytes: files.reduce((sum, { keptBytes = 0 }) => sum + keptBytes, 0),
      gone: gone.size,
    },
  };
}

function goneLoss({ keptBytes = 0, ...loss }: FileLoss): FileLoss {
  return { ...loss, leftBytes: 0, droppedBytes: loss.droppedBytes + keptBytes, gone: true };
}

function lossOf({ sizeBytes, written }: Inode, path: string, from: number): FileLoss {
  const dropped = written.all
    .filter(({ end }) => end > from)
    .map(({ start, end }): Range => ({ start: Math.max(start, from), end }));
  const droppedBytes = dropped.reduce((sum, { start, end }) => sum + end - start, 0);
  return {
    ...{ path, sizeBytes, leftBytes: 0, droppedBytes },
    ...(from > 0 ? { keptBytes: written.totalBytes - droppedBytes } : {}),
    ranges: dropped.slice(-rangeLimit).map(({ start, end }) => [start, end]),
    ...(dropped.length > rangeLimit ? { rangeCount: dropped.length } : {}),
  };
}

/** Below it, what was written stays: a sector's border among the bytes that are not synced, or behind all of them. */
function tornPlace({ written }: Inode, text: string): number {
  let left = Math.floor(fractionOf(text) * (written.totalBytes + 1));
  for (const { start, end } of written.all) {
    if (left < end - start) return Math.floor((start + left) / sectorBytes) * sectorBytes;
    left -= end - start;
  }
  return written.all.at(-1)?.end ?? 0;
}

/** A number in [0, 1) that depends on the text alone. */
export function fractionOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
