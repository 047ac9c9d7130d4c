import * as fs from 'node:fs';
import * as path from 'node:path';
import { AccountFile, type Slot } from './account-file.ts';
import { AccountedFile } from './accounted-file.ts';
import { errnoOf } from './errno.ts';
import { findFiles } from './find-files.ts';

/** The folder for files that were removed or replaced, until their own folder is synced: a power cut would restore them. */
const removedFolder = 'removed';

/**
 * An account of what a power cut would leave of a node's folder. It is on the disk and always up to date, so that
 * `power-cut.ts` can later do to the folder what a power cut would have done. The modelled machine is the strictest one
 * that POSIX allows:
 * - Of a file, exactly those bytes are left that were covered by an fdatasync which has returned.
 * - The names in a folder are those of its last `syncFolder`: a file that was created since then does not exist, and one
 *   that was replaced or removed since then is back.
 *
 * A power cut of this model does not undo truncations and bytes overwritten in place: nothing that the broker relies on
 * after a power cut is written twice. The account identifies files by inode. So a rename changes nothing in it, and a kill
 * at any moment leaves it right. A file that is older than the account counts as durable in name but empty.
 *
 * The account is written by synchronous calls of a few bytes to the page cache. They take microseconds, and there is no
 * await between the end of a sync and its entry here.
 */
export class PowerAccount {
  readonly files = new Set<AccountedFile>();
  readonly #folder: string;
  readonly #account: AccountFile;
  readonly #byName = new Map<string, AccountedFile>();
  readonly #free: number[] = [];
  #slots: number;

  /** Reads the account of a folder that nobody else uses, and compares it with the files in that folder. */
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
    // In a copy of the folder they have other inodes than their names say.
    for (const { inode, name } of kept.values()) {
      if (!removed.has(inode)) fs.rmSync(path.join(folder, removedFolder, name), { force: true });
    }
  }

  /** Returns the account of a file that was just opened. */
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

  /** To be called before a name is removed or given to another file: keeps the file that a power cut would restore. */
  async removing(name: string): Promise<void> {
    const file = this.#byName.get(name);
    if (file === undefined) return;
    if (file.durableName === '') return this.drop(file);
    await fs.promises.mkdir(path.join(this.#folder, removedFolder), { recursive: true });
    try {
      await fs.promises.link(path.join(this.#folder, name), this.#placeOf(file.inode));
    } catch (error) {
      // EEXIST: a removal that failed earlier has left its link. ENOENT: the file is gone already.
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

  /** To be called before the fsync of a folder. Returns a function to be called after it. */
  syncingFolder(folder: string): () => void {
    const here = (name: string | undefined) => name !== undefined && path.posix.dirname(name) === folder;
    const named = [...this.files].flatMap((file) => (here(file.name) ? [{ file, name: file.name ?? '' }] : []));
    const gone = [...this.files].filter((file) => file.name === undefined && here(file.durableName));
    return () => {
      // The order matters for a kill between the two loops: two files may then claim a name, but no name is without a file.
      for (const { file, name } of named) file.settle(file.syncedBytes, name);
      for (const file of gone) this.drop(file);
    };
  }

  /** Forgets a file, and removes it if it was only kept for a power cut. */
  drop(file: AccountedFile): void {
    if (!this.files.delete(file)) return;
    this.#release(file.release());
    if (file.name === undefined) fs.rmSync(this.#placeOf(file.inode), { force: true });
    else if (this.#byName.get(file.name) === file) this.#byName.delete(file.name);
  }

  /** Moves a file to the folder of removed files, so that it has no name any more. */
  setAside(file: AccountedFile): void {
    if (file.name === undefined) return;
    fs.mkdirSync(path.join(this.#folder, removedFolder), { recursive: true });
    fs.renameSync(this.pathOf(file), this.#placeOf(file.inode));
    this.removed(file.name);
  }

  /** The absolute path at which the file is now. */
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

  /** Completes a `syncFolder` that a kill cut short: of two files with one durable name, the removed one is dropped. */
  #dropSuperseded(): void {
    const current = new Set([...this.files].map(({ name, durableName }) => (name === durableName ? name : undefined)));
    for (const file of this.files) if (file.name === undefined && current.has(file.durableName)) this.drop(file);
  }

  #placeOf(inode: bigint): string {
    return path.join(this.#folder, removedFolder, String(inode));
  }
}
