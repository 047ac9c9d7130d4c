import * as fs from 'node:fs';
import * as path from 'node:path';
import { BrokerError } from '../errors.ts';

const attemptsLimit = 100;

/**
 * Takes the lock of a folder, so that only one live process uses it. The lock is a file with the pid of its holder and the
 * time at which that process started: after a kill, another process may have the same pid, but the lock blocks nobody. The
 * file is created with its content by `link`, which fails if the name exists. A stale lock is moved away before it is read
 * again, so that of two processes that start at the same time only one gets the lock.
 *
 * Throws `folder-in-use`, also if there is a lock that cannot be read.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  await fs.promises.mkdir(folder, { recursive: true });
  const file = path.join(folder, 'lock');
  const own = `${file}.${process.pid}`;
  const identity = `${process.pid} ${startOf(process.pid) ?? 'unknown'}\n`;
  await fs.promises.writeFile(own, identity);
  try {
    for (let attempt = 1; !tryLink(own, file); attempt++) {
      if (isFolder(file)) throw unreadable(file);
      const held = readText(file);
      if (held !== undefined && isAlive(held)) throw inUse(folder, held);
      if (attempt === attemptsLimit) throw unreadable(file);
      // `held` is undefined if the holder has released the lock between the two calls, or if the lock cannot be read.
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

/** Moves a stale lock away. If another process has meanwhile put its own lock in its place, that lock is put back. */
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

/** When a live process started, in clock ticks since boot, and the id of that boot. Undefined if dead or not on Linux. */
function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // Fields are counted from after the command name, which is in parentheses and may have spaces: state is the 3rd, number
  // of threads the 20th, start time the 22nd. A zombie with threads is still ending: a thread may be in a write.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'X' || (fields[0] === 'Z' && Number(fields[17]) <= 1)) return undefined;
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${fields[19] ?? ''}@${boot}`;
}

function isFolder(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
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
  const hint = 'see whether it is a file and who may read it, or choose another --folder';
  return new BrokerError('folder-in-use', message, hint);
}

function inUse(folder: string, identity: string): BrokerError {
  const message = `${folder} is in use by process ${identity.split(' ')[0]}`;
  return new BrokerError('folder-in-use', message, 'stop that process, or choose another --folder');
}
