/** The processes of a mount namespace. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { noAbort, poll } from '../wait.ts';
import { isAlive } from './proc.ts';

const killBoundMs = 5000;

/**
 * Kills everything in the mount namespace of a process but that process and what it started. Resolves with how many there
 * were, once they are gone. @throws Error of those that are still there after 5 s.
 */
export async function killOthersIn(pid: number): Promise<number> {
  const found = new Set<number>();
  const gone = await poll(
    () => {
      const others = othersIn(pid);
      for (const other of others) {
        found.add(other);
        kill(other);
      }
      return others.length === 0 ? true : undefined;
    },
    { everyMs: 2, boundMs: killBoundMs, signal: noAbort },
  );
  if (gone === undefined) throw new Error(`still there ${killBoundMs} ms after SIGKILL: ${othersIn(pid).join(', ')}`);
  return found.size;
}

function othersIn(pid: number): number[] {
  const namespace = mountNamespace(pid);
  if (namespace === undefined) throw new Error(`process ${pid} is gone`);
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => Number.isInteger(other) && mountNamespace(other) === namespace)
    .filter((other) => !isDescendant(other, pid) && isAlive(other));
}

function mountNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined; // gone, or not ours to look at
  }
}

function isDescendant(pid: number, ancestor: number): boolean {
  for (let each = pid; each > 1; each = parentOf(each)) if (each === ancestor) return true;
  return false;
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone in between
  }
}
