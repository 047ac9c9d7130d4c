/** What the kernel says of processes, ours or not: proc(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** Fields of /proc/PID/stat (proc(5): pgrp, num_threads and starttime), counted from the state. */
const groupField = 2;
const threadsField = 17;
const startField = 19;

/** Living processes of the group that a process leads; dead ones that nobody has reaped are not among them. */
export function groupMembers(leader: number): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => Number(readStat(pid)?.[groupField]) === leader && isAlive(pid));
}

/**
 * State letter of a process as the kernel tells (`R`, `S`, `T` stopped, `Z` dead and not yet reaped), or undefined when
 * there is none. `kill(pid, 0)` would call a zombie alive.
 */
export function processState(pid: number): string | undefined {
  const stat = readStat(pid);
  return stat?.[0];
}

/** Start time of a process in clock ticks since boot: with the pid it names one process for ever. */
export function processStart(pid: number): string | undefined {
  return readStat(pid)?.[startField];
}

/**
 * Whether any of the process is still there. A killed process of many threads is a zombie as soon as its first thread has
 * ended, while the others still hold its memory and its listening sockets (a JVM for tens of milliseconds): it counts as
 * alive until they are gone too.
 */
export function isAlive(pid: number): boolean {
  const stat = readStat(pid);
  if (stat === undefined || stat[0] === 'X') return false;
  return stat[0] !== 'Z' || Number(stat[threadsField]) > 1;
}

/** Fields of /proc/PID/stat after the command name, which may hold spaces and brackets itself. */
function readStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
