/**
 * Undoes what a ledger says is still there, as far as this host's processes go. Topics and groups need a driver: see
 * run/clean.ts. Touches nothing that is not in the ledger.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf } from '../../errors.ts';
import { noAbort, poll } from '../../wait.ts';
import { answersAt, untilAnswers } from '../answers.ts';
import { bringBack } from '../containers/bring-back.ts';
import { continuePod } from '../pods/processes.ts';
import { isAlive, processStart } from '../proc.ts';
import { runCommand, runMark } from '../process.ts';
import type { LedgerEntry, OpenEntry } from './ledger.ts';
import { isOurProcess, whyNotOurs } from './ownership.ts';

/** Beginning of the names of our temporary folders. */
export const temporaryPrefix = 'mqchaos-cluster-';

const killBoundMs = 5_000;
const serveBoundMs = 60_000;
const steadyMs = 3000;

export interface Undone {
  readonly id: number;
  readonly what: string;
  /** False: it could not be undone; `what` says why. */
  readonly ok: boolean;
}

/** Undoes one entry; undefined for kinds that are not this host's. */
export async function undoLocal({ id, entry }: OpenEntry): Promise<Undone | undefined> {
  try {
    const what = await undo(entry);
    return what === undefined ? undefined : { id, what, ok: true };
  } catch (error) {
    return { id, what: `${entry.kind}: ${messageOf(error)}`, ok: false };
  }
}

async function undo(entry: LedgerEntry): Promise<string | undefined> {
  switch (entry.kind) {
    case 'processes':
      return `killed ${await killMarked(entry.run)} processes of the run`;
    case 'paused':
      if (processStart(entry.pid) !== entry.start) return `${entry.node} (pid ${entry.pid}) is gone`;
      process.kill(entry.pid, 'SIGCONT');
      return `${entry.node} (pid ${entry.pid}) continued`;
    case 'ended':
      if (await keepsAnswering(entry.address)) return `${entry.node} answers at ${entry.address} already`;
      await runCommand(entry.command);
      await untilAnswers(entry.address, true, serveBoundMs, noAbort);
      return `${entry.node} started again, answers at ${entry.address}`;
    case 'container':
      return bringBack(entry);
    case 'pod':
      return continuePod(entry);
    case 'folder':
      return removeTemporary(entry.path);
    case 'runner':
    case 'topic':
    case 'group':
    case 'effects':
      return undefined;
  }
}

/** Only what has the name of a folder that we made: a ledger is a file that anybody can write. */
function removeTemporary(path: string): string {
  if (!basename(path).startsWith(temporaryPrefix)) throw new Error(`${path} is no temporary folder of ours`);
  const why = whyNotOurs(path);
  if (why !== undefined) throw new Error(why);
  rmSync(path, { recursive: true, force: true });
  return `temporary folder ${path} removed`;
}

/**
 * Whether something accepts connections at the address for 3 s on end: the tool may have died in the moment in which it
 * ended the broker, and one that is dying still answers.
 */
async function keepsAnswering(address: string): Promise<boolean> {
  const silent = await poll(async () => ((await answersAt(address)) ? undefined : true), {
    everyMs: 100,
    boundMs: steadyMs,
    signal: noAbort,
  });
  return silent === undefined;
}

/**
 * Kills every process that carries the mark of this run; a stopped one dies too. Returns how many there were.
 * @throws Error of those that are still there after 5 s, as in an uninterruptible wait for a disk.
 */
export async function killMarked(run: string): Promise<number> {
  const found = new Set<number>();
  const gone = await poll(
    () => {
      const pids = markedProcesses(run);
      for (const pid of pids) {
        found.add(pid);
        kill(pid);
      }
      return pids.length === 0 ? true : undefined;
    },
    { everyMs: 20, boundMs: killBoundMs, signal: noAbort },
  );
  if (gone === undefined) {
    throw new Error(`still there ${killBoundMs} ms after SIGKILL: ${markedProcesses(run).join(', ')}`);
  }
  return found.size;
}

/** Living processes of this user whose environment carries the mark of this run (Linux: /proc/PID/environ). */
export function markedProcesses(run: string): number[] {
  const mark = `${runMark}=${run}`;
  return ourProcesses().filter((pid) => pid !== process.pid && isAlive(pid) && environmentOf(pid).includes(mark));
}

/** Folders of all runs that have a living process of this user on this host. */
export function markedRuns(): string[] {
  const prefix = `${runMark}=`;
  const runs = ourProcesses().flatMap((pid) => environmentOf(pid).filter((variable) => variable.startsWith(prefix)));
  return [...new Set(runs.map((variable) => variable.slice(prefix.length)))];
}

function ourProcesses(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger).filter(isOurProcess);
  } catch {
    return []; // no /proc: processes end by themselves when their stdin ends
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // gone, or not ours to read
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone in between
  }
}
