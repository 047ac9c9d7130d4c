/** What a power cut took of the files of a folder, by their sizes before and after. */
import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Files that are named; the rest is in the sums. */
const mostNamed = 20;

export function sizesIn(folder: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    sizes.set(relative(folder, path), lstatSync(path).size);
  }
  return sizes;
}

/** The files that lost most first. `gone`: the file itself is not there any more. */
export function droppedBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Readonly<Record<string, unknown>> {
  const cut = [...before].flatMap(([file, bytes]) => {
    const keptBytes = after.get(file);
    const droppedBytes = bytes - Math.min(bytes, keptBytes ?? 0);
    if (droppedBytes === 0 && keptBytes !== undefined) return [];
    return [{ file, droppedBytes, ...(keptBytes === undefined ? { gone: true } : {}) }];
  });
  cut.sort((a, b) => b.droppedBytes - a.droppedBytes);
  return {
    droppedFiles: cut.length,
    droppedBytes: cut.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0),
    cut: cut.slice(0, mostNamed),
    /** Bytes that were overwritten and not synced do not show in sizes. */
    bySize: true,
  };
}
