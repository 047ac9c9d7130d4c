import type { Disk, DiskFile } from '../../world/world.ts';

const logFolder = 'commit-log';

/** One file of the commit log. Its name is the position of its first byte; segments follow each other without gaps. */
export interface Segment {
  readonly base: number;
  readonly file: DiskFile;
  sizeBytes: number;
  /** Bytes from the start that survive a power cut. */
  syncedBytes: number;
}

async function openSegment(disk: Disk, base: number): Promise<Segment> {
  const file = await disk.open(segmentPath(base));
  const sizeBytes = await file.sizeBytes();
  return { base, file, sizeBytes, syncedBytes: 0 };
}

export async function createSegment(disk: Disk, base: number): Promise<Segment> {
  const segment = await openSegment(disk, base);
  if (segment.sizeBytes > 0) await segment.file.truncate(0);
  segment.sizeBytes = 0;
  await disk.syncFolder(logFolder);
  return segment;
}

/**
 * Removes a segment, durably. If a power cut could bring it back, its entries might continue what was written in its
 * place, and recovery would take them for part of the log.
 */
export async function removeSegment(disk: Disk, segment: Segment): Promise<void> {
  await segment.file.close();
  await disk.remove(segmentPath(segment.base));
  await disk.syncFolder(logFolder);
}

/** All segments on the disk, in order of position. */
export async function openSegments(disk: Disk): Promise<Segment[]> {
  await disk.makeFolder(logFolder);
  // A process that was killed may have made or removed files without syncing the folder: a power cut would undo that.
  await disk.syncFolder(logFolder);
  const bases = (await disk.list(logFolder))
    .filter((name) => /^\d{16}\.log$/.test(name))
    .map((name) => parseInt(name, 10));
  const segments: Segment[] = [];
  for (const base of bases) segments.push(await openSegment(disk, base));
  return segments;
}

function segmentPath(base: number): string {
  return `${logFolder}/${String(base).padStart(16, '0')}.log`;
}
