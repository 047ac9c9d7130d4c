import { BrokerError, messageOf } from '../errors.ts';
import { errnoOf } from './errno.ts';

/** What a node says when its folder cannot be used, by the error of the operating system: a code and the next thing to do. */
const known: Readonly<Record<string, readonly [code: string, hint: string]>> = {
  ENOSPC: ['disk-full', 'free some space there, or choose another --folder'],
  EDQUOT: ['disk-full', 'free some of the quota there, or choose another --folder'],
  EROFS: ['folder-read-only', 'choose a --folder on a file system that can be written'],
  EACCES: ['folder-not-allowed', 'let this user read and write there, or choose another --folder'],
  EPERM: ['folder-not-allowed', 'let this user read and write there, or choose another --folder'],
  ENOTDIR: ['odd-folder', 'a file is where a folder is needed; move it away, or choose another --folder'],
  EEXIST: ['odd-folder', 'something else has that name; move it away, or choose another --folder'],
  EISDIR: ['odd-folder', 'a folder is where a file is needed; move it away, or choose another --folder'],
  ELOOP: ['odd-folder', 'a link leads back to itself; remove it, or choose another --folder'],
  ENOTEMPTY: ['odd-folder', 'a folder is where a file is needed; move it away, or choose another --folder'],
  ENAMETOOLONG: ['odd-folder', 'choose a --folder with a shorter name'],
  EMFILE: ['too-many-files', 'this process may not open more files: raise its limit (ulimit -n)'],
  ENFILE: ['too-many-files', 'the machine has no open files left: end what has too many'],
  EIO: ['disk-failed', 'the disk gives an error; check it, or choose another --folder'],
};

/** The error as one that is expected; undefined: it is, or it has nothing to do with the folder. */
export function folderError(error: unknown, folder: string): BrokerError | undefined {
  // What the log says of its disk has the system's error as its cause.
  if (error instanceof BrokerError && !error.code.endsWith('-failed')) return undefined;
  for (let at = error; at instanceof Error; at = at.cause) {
    const [code, hint] = known[errnoOf(at) ?? ''] ?? [];
    if (code !== undefined && hint !== undefined)
      return new BrokerError(code, `${folder}: ${messageOf(at)}`, hint, error);
  }
  return undefined;
}
