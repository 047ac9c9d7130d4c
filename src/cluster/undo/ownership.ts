/**
 * Whose a file is. What a ledger says is carried out, commands among it, and a run's processes are found by what they say of
 * themselves: so nothing counts that another user could have written, least of all for root.
 */
import { statSync } from 'node:fs';

const writableByOthers = 0o022;

/** Why what is at a path may be somebody else's word; undefined: this user alone can have written it. */
export function whyNotOurs(path: string): string | undefined {
  const user = process.getuid?.();
  const found = statSync(path, { throwIfNoEntry: false });
  if (user === undefined || found === undefined) return undefined;
  if (found.uid !== user) return `${path} belongs to another user (uid ${found.uid})`;
  if ((found.mode & writableByOthers) !== 0) return `${path} may be written by other users`;
  return undefined;
}

/** Whether a process, by its folder in /proc, runs as this user. */
export function isOurProcess(pid: number): boolean {
  const user = process.getuid?.();
  return user === undefined || statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === user;
}
