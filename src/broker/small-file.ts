import type { Disk } from './world/world.ts';

/** Replaces a small file so that a crash or power cut at any moment leaves the old one or the new one, whole. */
export async function writeSmallFile(disk: Disk, path: string, content: string | Buffer): Promise<void> {
  const temporary = `${path}.new`;
  const file = await disk.open(temporary);
  try {
    await file.truncate(0);
    await file.write(typeof content === 'string' ? Buffer.from(content) : content, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncFolder('.');
}

/** Undefined when there is none. */
export async function readSmallFile(disk: Disk, path: string): Promise<string | undefined> {
  return (await readSmallBytes(disk, path))?.toString('utf8');
}

/** Undefined when there is none. */
export async function readSmallBytes(disk: Disk, path: string): Promise<Buffer | undefined> {
  if (!(await disk.list('.')).includes(path)) return undefined;
  const file = await disk.open(path);
  try {
    return await file.read(0, await file.sizeBytes());
  } finally {
    await file.close();
  }
}
