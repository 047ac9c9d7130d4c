/** What a power cut took of the files of a folder, as far as their sizes tell. */
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CutReport } from '../core/cut.ts';

const fileLimit = 200;

/** Bytes of each file by its path in the folder. */
export function sizesIn(folder: string): Map<string, number> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(folder, path), statSync(path).size];
    }),
  );
}

/** Bytes that were overwritten and not synced do not show: the report says that it goes by sizes. */
export function lossBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): CutReport & { readonly bySize: true } {
  const files = [...before].flatMap(([path, sizeBytes]) => {
    const left = after.get(path);
    const leftBytes = left ?? 0;
    const droppedBytes = sizeBytes - Math.min(sizeBytes, leftBytes);
    if (droppedBytes === 0 && left !== undefined) return [];
    return [
      { path, sizeBytes, leftBytes, droppedBytes, ranges: [], ...(left === undefined && { gone: true as const }) },
    ];
  });
  files.sort((one, other) => other.droppedBytes - one.droppedBytes);
  return {
    files: files.slice(0, fileLimit),
    names: [],
    totals: {
      files: files.length,
      names: 0,
      droppedBytes: files.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0),
      keptBytes: 0,
      gone: files.filter(({ gone }) => gone).length,
    },
    bySize: true,
  };
}
