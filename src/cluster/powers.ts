/** What is done to a node of ours from outside while it is down, and to its set by its operator. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from './controls.ts';
import type { Powers } from './node-spec.ts';
import { outputFiles, runProgram } from './process.ts';

/** Drops what the node had not synced. @throws Error with the program's own words when it could not. */
export function dropUnsynced({ cutPower }: Powers, run: string, tornSeed: number | undefined): Promise<Evidence> {
  const torn = tornSeed === undefined ? [] : ['--torn', String(tornSeed)];
  return runProgram({ ...cutPower, args: [...cutPower.args, ...torn] }, run);
}

export function makeLeader({ promote }: Powers, run: string): Promise<Evidence> {
  return runProgram(promote, run);
}

/** Removes everything that a node keeps; what it printed is ours and stays. */
export function removeFiles(folder: string): Evidence {
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || isOutput(folder, path)) continue;
    files += 1;
    bytes += statSync(path).size;
  }
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!isOutput(folder, path)) rmSync(path, { recursive: true });
  }
  const left = readdirSync(folder).filter((name) => !isOutput(folder, join(folder, name)));
  if (left.length > 0) throw new Error(`still in ${folder}: ${left.join(', ')}`);
  return { removedFiles: files, removedBytes: bytes };
}

function isOutput(folder: string, path: string): boolean {
  return outputFiles.some((name) => path === join(folder, name));
}
