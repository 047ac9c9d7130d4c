import type { Inode } from '../core/inode.ts';
import type { Volume } from '../core/volume.ts';
import type { Answer } from './wire.ts';

/** How long the kernel may remember names and attributes: it is told when they are others. */
const validSeconds = 86_400;

const attributesBytes = 88;
const entryBytes = 40;
const blockSizeBytes = 4096;

/** `fuse_entry_out`. */
export function writeEntry(answer: Answer, volume: Volume, inode: Inode): void {
  const at = answer.reserve(entryBytes);
  answer.u64(at, inode.id);
  answer.u64(at + 16, validSeconds);
  answer.u64(at + 24, validSeconds);
  writeAttributes(answer, volume, inode);
}

/** `fuse_attr_out`. */
export function writeAttributesOut(answer: Answer, volume: Volume, inode: Inode): void {
  const at = answer.reserve(16);
  answer.u64(at, validSeconds);
  writeAttributes(answer, volume, inode);
}

/** `fuse_attr`: of the file below, but for what only the volume knows. */
function writeAttributes(answer: Answer, volume: Volume, inode: Inode): void {
  const stat = volume.store.stat(inode);
  const at = answer.reserve(attributesBytes);
  answer.u64(at, inode.id);
  answer.u64(at + 8, inode.kind === 'folder' ? stat.size : inode.sizeBytes);
  answer.u64(at + 16, stat.blocks);
  for (const [index, ms] of [stat.atimeMs, stat.mtimeMs, stat.ctimeMs].entries()) {
    const seconds = Math.floor(ms / 1000);
    answer.u64(at + 24 + index * 8, seconds);
    answer.u32(at + 48 + index * 4, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6)));
  }
  answer.u32(at + 60, stat.mode);
  answer.u32(at + 64, inode.kind === 'folder' ? 2 : inode.names.length);
  answer.u32(at + 68, stat.uid);
  answer.u32(at + 72, stat.gid);
  answer.u32(at + 80, blockSizeBytes);
}
