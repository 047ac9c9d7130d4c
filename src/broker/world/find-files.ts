import * as fs from 'node:fs';
import * as path from 'node:path';
import { errnoOf } from './errno.ts';

export interface FoundFile {
  readonly inode: bigint;
  readonly name: string;
  readonly sizeBytes: number;
}

/** All files below a folder, except those in its subfolder `besides`. A missing folder has none. */
export function findFiles(folder: string, besides?: string, under = ''): FoundFile[] {
  const found: FoundFile[] = [];
  for (const entry of entriesOf(path.join(folder, under))) {
    const name = path.posix.join(under, entry.name);
    if (entry.isDirectory() && name !== besides) found.push(...findFiles(folder, besides, name));
    if (!entry.isFile()) continue;
    const { ino, size } = fs.lstatSync(path.join(folder, name), { bigint: true });
    found.push({ inode: ino, name, sizeBytes: Number(size) });
  }
  return found;
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
