import * as fs from 'node:fs';
import { join } from 'node:path';
import type { Inode, Name, Ownership } from './inode.ts';

/** Where the store keeps what was removed and may come back with a power cut. The node does not see it. */
export const removedName = '.mqchaos-removed';

/**
 * The folder below: it has at any time what the node sees, under the same names. What was removed and may come back is
 * kept aside in it. Throws what calls to the folder throw, with their errno.
 */
export class Store {
  readonly #root: string;
  readonly #removed: string;
  readonly #own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

  /** @param root absolute, or relative to a working directory that does not change. What an earlier volume left aside is gone. */
  constructor(root: string) {
    this.#root = root;
    this.#removed = join(root, removedName);
    fs.rmSync(this.#removed, { recursive: true, force: true });
    fs.mkdirSync(this.#removed, { mode: 0o700 });
  }

  /** Its names, without what is kept aside. */
  list(folder: string): fs.Dirent[] {
    const all = fs.readdirSync(join(this.#root, folder), { withFileTypes: true });
    return folder === '' ? all.filter(({ name }) => name !== removedName) : all;
  }

  statPath(path: string): fs.Stats {
    return fs.lstatSync(join(this.#root, path));
  }

  stat(inode: Inode): fs.Stats {
    return inode.descriptor === undefined ? fs.lstatSync(this.#at(inode)) : fs.fstatSync(inode.descriptor);
  }

  /** What statfs(2) says of the folder below. */
  space(): fs.StatsFs {
    return fs.statfsSync(this.#root);
  }

  createFile(at: Name, { mode, uid, gid }: Ownership): number {
    const path = this.#placeOf(at);
    const descriptor = fs.openSync(path, 'wx+', mode);
    this.#give(path, { uid, gid });
    return descriptor;
  }

  createFolder(at: Name, { mode, uid, gid }: Ownership): void {
    const path = this.#placeOf(at);
    fs.mkdirSync(path, { mode });
    this.#give(path, { uid, gid });
  }

  createLink(at: Name, target: string, { uid, gid }: Ownership): void {
    const path = this.#placeOf(at);
    fs.symlinkSync(target, path);
    this.#give(path, { uid, gid });
  }

  readLink(inode: Inode): string {
    return fs.readlinkSync(this.#at(inode));
  }

  open(inode: Inode): number {
    return fs.openSync(this.#at(inode), 'r+');
  }

  change(inode: Inode, { mode, uid, gid }: Partial<Ownership>): void {
    const path = this.#at(inode);
    if (uid !== undefined || gid !== undefined) fs.lchownSync(path, uid ?? -1, gid ?? -1);
    if (mode !== undefined && inode.kind !== 'link') fs.chmodSync(path, mode);
  }

  /** Seconds since 1970. */
  setTimes(inode: Inode, accessed: number, modified: number): void {
    fs.lutimesSync(this.#at(inode), accessed, modified);
  }

  /** Gives the inode one more name, which nobody has. */
  place(inode: Inode, at: Name): void {
    const path = this.#placeOf(at);
    if (inode.names.length === 0) fs.renameSync(this.#at(inode), path);
    else fs.linkSync(this.#at(inode), path);
    inode.names.push(at);
    at.folder.children.set(at.name, inode);
  }

  /** Takes a name from the inode; with its last one it is kept aside. */
  unplace(inode: Inode, at: Name): void {
    const path = this.#placeOf(at);
    if (inode.names.length > 1) fs.unlinkSync(path);
    else fs.renameSync(path, this.#aside(inode));
    this.#forget(inode, at);
  }

  /** As rename(2): at no moment is nobody at the new place, if somebody was. */
  move(inode: Inode, from: Name, to: Name): void {
    const replaced = to.folder.children.get(to.name);
    const target = this.#placeOf(to);
    if (replaced !== undefined) {
      if (replaced.kind === 'folder') fs.renameSync(target, this.#aside(replaced));
      else if (replaced.names.length === 1) fs.linkSync(target, this.#aside(replaced));
    }
    fs.renameSync(this.#placeOf(from), target);
    if (replaced !== undefined) this.#forget(replaced, to);
    this.#forget(inode, from);
    inode.names.push(to);
    to.folder.children.set(to.name, inode);
  }

  /** Deletes what is kept aside. */
  discard(inode: Inode): void {
    fs.rmSync(this.#aside(inode), { recursive: true, force: true });
  }

  /** Nothing is kept aside any longer. */
  close(): void {
    fs.rmSync(this.#removed, { recursive: true, force: true });
  }

  #forget(inode: Inode, at: Name): void {
    inode.names = inode.names.filter(({ folder, name }) => folder !== at.folder || name !== at.name);
    at.folder.children.delete(at.name);
  }

  #at(inode: Inode): string {
    return inode.isRoot
      ? this.#root
      : inode.names[0] === undefined
        ? this.#aside(inode)
        : this.#placeOf(inode.names[0]);
  }

  #placeOf({ folder, name }: Name): string {
    return join(this.#root, folder.path ?? '', name);
  }

  #aside(inode: Inode): string {
    return join(this.#removed, String(inode.id));
  }

  #give(path: string, { uid, gid }: Pick<Ownership, 'uid' | 'gid'>): void {
    if (uid !== this.#own.uid || gid !== this.#own.gid) fs.lchownSync(path, uid, gid);
  }
}
