import * as fs from 'node:fs';
import * as path from 'node:path';
import { AccountFile, type Slot } from './account-file.ts';
import { AccountedFile } from './accounted-file.ts';
import { errnoOf } from './errno.ts';
import { findFiles } from './find-files.ts';

/** Where files wait that were removed or replaced, until their folder is synced: a power cut would bring them back. */
const removedFolder = 'removed';

/**
 * What a power cut would leave of a node's folder, kept up to date on disk so that `power-cut.ts` can make it so without
 * asking anybody. It is the strictest machine that POSIX allows:
 * - of a file there are the bytes that an fdatasync covered which has returned, and not one more;
 * - a name is there, is another file's or is gone as its folder had it at the last `syncFolder`: a file that was created
 *   since does not exist, one that was replaced or removed since is back.
 *
 * Two things it does not undo: a truncation, and bytes overwritten in place; nothing that the broker relies on after a
 * power cut is written twice. Files are known by inode, so that a rename needs no word in the account and there is no
 * moment at which a killed process leaves a wrong one. A file that was there before the account was, counts as named
 * but empty.
 *
 * All of it is written by synchronous calls of a few bytes to the page cache: microseconds beside an fdatasync, and no
 * promise to wait for between the end of a sync and its entry here.
 */
export class PowerAccount {
  readonly files = new Set<AccountedFile>();
  readonly #folder: string;
  readonly #account: AccountFile;
  readonly #byName = new Map<string, AccountedFile>();
  readonly #free: number[] = [];
  #slots: number;

  /** Reads the account of a folder that nobody else has open and compares it with the files there. */
  constructor(folder: string) {
    this.#folder = folder;
    const { file, slots } = AccountFile.open(folder);
    this.#account = file;
    this.#slots = slots.length;
    const found = new Map(findFiles(folder, removedFolder).map((one) => [one.inode, one]));
    const kept = new Map(findFiles(path.join(folder, removedFolder)).map((one) => [one.inode, one]));
    for (const [index, slot] of slots.entries()) {
      const at = slot === undefined ? undefined : (found.get(slot.inode) ?? kept.get(slot.inode));
      if (slot === undefined) this.#free.push(index);
      else if (at === undefined) this.#release(index);
      else this.#take(new AccountedFile(this.#account, index, slot, at.sizeBytes), found.get(slot.inode)?.name);
    }
    this.#dropSuperseded();
    const removed = new Set([...this.files].filter(({ name }) => name === undefined).map(({ inode }) => inode));
    for (const inode of kept.keys()) if (!removed.has(inode)) fs.rmSync(this.#placeOf(inode));
  }

  /** The account of a file that was just opened. */
  opened(name: string, descriptor: number, created: boolean): AccountedFile {
    const { ino, size } = fs.fstatSync(descriptor, { bigint: true });
    const known = this.#byName.get(name);
    if (known !== undefined && known.inode === ino) return known;
    const slot: Slot = { inode: ino, syncedBytes: 0, name: created ? '' : name };
    const index = this.#free.pop() ?? this.#slots++;
    this.#account.write(index, slot);
    const file = new AccountedFile(this.#account, index, slot, Number(size));
    this.#take(file, name);
    return file;
  }

  /** Before a name is removed or given to another file: keeps what a power cut would bring back. */
  async removing(name: string): Promise<void> {
    const file = this.#byName.get(name);
    if (file === undefined) return;
    if (file.durableName === '') return this.drop(file);
    await fs.promises.mkdir(path.join(this.#folder, removedFolder), { recursive: true });
    try {
      await fs.promises.link(path.join(this.#folder, name), this.#placeOf(file.inode));
    } catch (error) {
      // A removal that failed has left its link; a file that somebody else took away is gone.
      if (errnoOf(error) !== 'EEXIST' && errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  removed(name: string): void {
    const file = this.#byName.get(name);
    this.#byName.delete(name);
    if (file !== undefined) file.name = undefined;
  }

  renamed(from: string, to: string): void {
    this.removed(to);
    const file = this.#byName.get(from);
    this.#byName.delete(from);
    if (file === undefined) return;
    file.name = to;
    this.#byName.set(to, file);
  }

  /** Before the fsync of a folder; what is returned is to be called when it has returned. */
  syncingFolder(folder: string): () => void {
    const here = (name: string | undefined) => name !== undefined && path.posix.dirname(name) === folder;
    const named = [...this.files].flatMap((file) => (here(file.name) ? [{ file, name: file.name ?? '' }] : []));
    const gone = [...this.files].filter((file) => file.name === undefined && here(file.durableName));
    return () => {
      // In this order: killed between the two, a replaced file is superseded, and never is a name without a file.
      for (const { file, name } of named) file.settle(file.syncedBytes, name);
      for (const file of gone) this.drop(file);
    };
  }

  /** Forgets a file, and ends it if it was only kept for a power cut. */
  drop(file: AccountedFile): void {
    if (!this.files.delete(file)) return;
    this.#release(file.release());
    if (file.name === undefined) fs.rmSync(this.#placeOf(file.inode), { force: true });
    else if (this.#byName.get(file.name) === file) this.#byName.delete(file.name);
  }

  /** Takes a file's name away and keeps it where removed files wait. */
  setAside(file: AccountedFile): void {
    if (file.name === undefined) return;
    fs.mkdirSync(path.join(this.#folder, removedFolder), { recursive: true });
    fs.renameSync(this.pathOf(file), this.#placeOf(file.inode));
    this.removed(file.name);
  }

  /** Absolute path of what is in the file now. */
  pathOf(file: AccountedFile): string {
    return file.name === undefined ? this.#placeOf(file.inode) : path.join(this.#folder, file.name);
  }

  close(): void {
    this.#account.close();
  }

  #take(file: AccountedFile, name: string | undefined): void {
    this.files.add(file);
    file.name = name;
    if (name !== undefined) this.#byName.set(name, file);
  }

  #release(index: number): void {
    this.#account.write(index, undefined);
    this.#free.push(index);
  }

  /** Ends the entries of a `syncFolder` that a kill cut short: two files with one durable name. */
  #dropSuperseded(): void {
    const current = new Set([...this.files].map(({ name, durableName }) => (name === durableName ? name : undefined)));
    for (const file of this.files) if (file.name === undefined && current.has(file.durableName)) this.drop(file);
  }

  #placeOf(inode: bigint): string {
    return path.join(this.#folder, removedFolder, String(inode));
  }
}
