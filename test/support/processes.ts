/** Processes as Linux shows them, whatever they have made of their environment. */
import { readdirSync, readlinkSync } from 'node:fs';

/** Ids of all processes that work in this folder or below it, also where it has been removed meanwhile. */
export function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isBelow(workingDirectory(pid), folder));
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Empty: it is gone, or not ours to ask. */
function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
