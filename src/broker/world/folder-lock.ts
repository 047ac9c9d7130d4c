import * as fs from 'node:fs';
import * as path from 'node:path';
import { BrokerError } from '../errors.ts';

const attemptsLimit = 100;

/**
 * One live process a folder. The lock is a file with the holder's pid and the time it was started, because a pid alone
 * may have gone to someone else: what a killed process left behind blocks nobody. It is created whole by `link`, which
 * fails if the name exists, and a stale one is moved away before it is judged again, so that two starters cannot both
 * take it.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  await fs.promises.mkdir(folder, { recursive: true });
  const file = path.join(folder, 'lock');
  const own = `${file}.${process.pid}`;
  const identity = `${process.pid} ${startOf(process.pid) ?? 'unknown'}\n`;
  await fs.promises.writeFile(own, identity);
  try {
    for (let attempt = 1; !tryLink(own, file); attempt++) {
      const held = readText(file);
      if (held !== undefined && isAlive(held)) throw inUse(folder, held);
      if (attempt === attemptsLimit) throw unreadable(file);
      // Undefined: its holder has let go between the two calls, or nobody can read it.
      if (held !== undefined) await clearStale(file, held);
    }
  } finally {
    await fs.promises.rm(own, { force: true });
  }
  return {
    async [Symbol.asyncDispose]() {
      if (readText(file) === identity) await fs.promises.rm(file, { force: true });
    },
  };
}

function tryLink(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Another starter may have replaced the stale lock by its own since we read it: that one is put back. */
async function clearStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.stale.${process.pid}`;
  try {
    await fs.promises.rename(file, aside);
  } catch {
    return;
  }
  if (readText(aside) !== stale) tryLink(aside, file);
  await fs.promises.rm(aside, { force: true });
}

function isAlive(identity: string): boolean {
  const [pidText = '', start = ''] = identity.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  const current = startOf(pid);
  if (current !== undefined) return current === start;
  if (fs.existsSync('/proc/self/stat')) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Start time of a live process in clock ticks since boot, with the boot's id; undefined if dead or no Linux. */
function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command name, in parentheses, may hold spaces: fields are counted from behind it. State is 3rd, number of
  // threads 20th, start 22nd. A zombie with threads left is still being killed, and one of them may be in a write.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'X' || (fields[0] === 'Z' && Number(fields[17]) <= 1)) return undefined;
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${fields[19] ?? ''}@${boot}`;
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function unreadable(file: string): BrokerError {
  const message = `${file} can neither be read nor taken`;
  return new BrokerError('folder-in-use', message, 'check who may read it, or choose another --folder');
}

function inUse(folder: string, identity: string): BrokerError {
  const message = `${folder} is in use by process ${identity.split(' ')[0]}`;
  return new BrokerError('folder-in-use', message, 'stop that process, or choose another --folder');
}
