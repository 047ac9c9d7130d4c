import type { Stats } from 'node:fs';
import { Contents } from './contents.ts';
import { Errno } from './errno.ts';
import { Inode, type Kind, type Name, type Ownership, pathOf, rootId } from './inode.ts';
import { type NameChange, PendingNames, type Slot } from './names.ts';
import { removedName, Store } from './store.ts';

/** How old a change of names is when ext4 commits it to its journal by itself (mount option `commit`). */
const nameAgeMs = 5000;

const nameLimitBytes = 255;

export interface VolumeOptions {
  /** How old unsynced data is when it is written back by itself; undefined: never. */
  readonly writeBackMs?: number;
  /** Milliseconds of a clock that does not jump. */
  readonly now?: () => number;
}

/**
 * A file system over an ordinary folder which knows of every byte and every name whether the disk has promised it. It
 * knows neither the kernel nor a mount: calls come one by one, and each is done when it returns. Calls throw `Errno`, or
 * what the folder below throws, with an errno.
 */
export class Volume {
  readonly store: Store;
  readonly names = new PendingNames();
  readonly root = new Inode(rootId, 'folder', 0);
  readonly #inodes = new Map<number, Inode>([[rootId, this.root]]);
  readonly #contents: Contents;
  readonly #dirty = new Set<Inode>();
  readonly #now: () => number;
  readonly #writeBackMs: number | undefined;
  #nextId = rootId + 1;

  /** Whatever is in the folder counts as on the disk. */
  constructor(folder: string, { writeBackMs, now = () => performance.now() }: VolumeOptions = {}) {
    this.store = new Store(folder);
    this.#contents = new Contents(this.store);
    this.#now = now;
    this.#writeBackMs = writeBackMs;
    this.#load(this.root);
  }

  get inodes(): Iterable<Inode> {
    return this.#inodes.values();
  }

  /** What has bytes or ownership that are not on the disk. */
  get dirty(): ReadonlySet<Inode> {
    return this.#dirty;
  }

  find(id: number): Inode | undefined {
    return this.#inodes.get(id);
  }

  inode(id: number): Inode {
    const found = this.find(id);
    if (found === undefined) throw new Errno('ESTALE');
    return found;
  }

  lookup(folder: Inode, name: string): Inode {
    const found = childrenOf(folder).get(name);
    if (found !== undefined) return found;
    throw new Errno(Buffer.byteLength(name) > nameLimitBytes ? 'ENAMETOOLONG' : 'ENOENT');
  }

  /** The file is held, as by `hold`. */
  create(folder: Inode, name: string, ownership: Ownership): Inode {
    this.#mustBeFree(folder, name);
    const descriptor = this.store.createFile({ folder, name }, ownership);
    const file = this.#created('file', { folder, name }, 0);
    file.descriptor = descriptor;
    file.openHandles = 1;
    return file;
  }

  makeFolder(folder: Inode, name: string, ownership: Ownership): Inode {
    this.#mustBeFree(folder, name);
    this.store.createFolder({ folder, name }, ownership);
    return this.#created('folder', { folder, name }, 0);
  }

  makeLink(folder: Inode, name: string, target: string, ownership: Ownership): Inode {
    this.#mustBeFree(folder, name);
    this.store.createLink({ folder, name }, target, ownership);
    return this.#created('link', { folder, name }, Buffer.byteLength(target));
  }

  /** One more name for a file. */
  link(inode: Inode, folder: Inode, name: string): void {
    this.#mustBeFree(folder, name);
    if (inode.kind === 'folder') throw new Errno('EPERM');
    if (inode.names.length === 0) throw new Errno('ENOENT');
    this.store.place(inode, { folder, name });
    this.#change('link', inode, [{ folder, name, before: undefined, after: inode }]);
  }

  unlink(folder: Inode, name: string): void {
    const inode = this.lookup(folder, name);
    if (inode.kind === 'folder') throw new Errno('EISDIR');
    this.#remove(inode, { folder, name });
  }

  removeFolder(folder: Inode, name: string): void {
    const inode = this.lookup(folder, name);
    if (inode.kind !== 'folder') throw new Errno('ENOTDIR');
    if (inode.children.size > 0) throw new Errno('ENOTEMPTY');
    this.#remove(inode, { folder, name });
  }

  /** rename(2); with `mayReplace` false as RENAME_NOREPLACE. */
  rename(from: Name, to: Name, mayReplace = true): void {
    const inode = this.lookup(from.folder, from.name);
    const replaced = childrenOf(to.folder).get(to.name);
    if (replaced === undefined) this.#mustBeFree(to.folder, to.name);
    else if (!mayReplace) throw new Errno('EEXIST');
    if (replaced === inode) return;
    if (replaced !== undefined) mayTakePlace(inode, replaced);
    if (inode.kind === 'folder' && isBelow(to.folder, inode)) throw new Errno('EINVAL');
    this.store.move(inode, from, to);
    this.#change('rename', inode, [
      { ...from, before: inode, after: undefined },
      { ...to, before: replaced, after: inode },
    ]);
  }

  /** @returns how many bytes there were. */
  read(file: Inode, into: Buffer, at: number): number {
    return this.#contents.read(file, into, at);
  }

  write(file: Inode, bytes: Buffer, at: number): void {
    this.#touch(file);
    this.#contents.write(file, bytes, at);
  }

  truncate(file: Inode, sizeBytes: number): void {
    if (file.kind !== 'file') throw new Errno(file.kind === 'folder' ? 'EISDIR' : 'EINVAL');
    if (sizeBytes === file.sizeBytes) return;
    this.#touch(file);
    this.#contents.truncate(file, sizeBytes);
  }

  /** Writes zeros, within the file unless `extend`: fallocate(2) with PUNCH_HOLE or ZERO_RANGE. */
  zero(file: Inode, start: number, end: number, extend: boolean): void {
    this.#touch(file);
    if (extend && end > file.sizeBytes) this.#contents.truncate(file, end);
    this.#contents.writeZeros(file, start, Math.min(end, file.sizeBytes));
  }

  changeOwnership(inode: Inode, change: Partial<Ownership>): void {
    const { mode, uid, gid } = this.store.stat(inode);
    this.store.change(inode, change);
    inode.durableOwnership ??= { mode: mode & 0o7777, uid, gid };
    this.#touch(inode);
  }

  /** What holds an inode stays until it is released, with or without a name. */
  hold(inode: Inode): void {
    inode.openHandles += 1;
  }

  release(inode: Inode): void {
    inode.openHandles -= 1;
    this.#letGo(inode);
  }

  /** fsync, or fdatasync with `dataOnly`, of a file or folder. */
  sync(inode: Inode, dataOnly: boolean): void {
    this.#settle(inode, dataOnly);
    this.letGo(inode.kind === 'folder' ? this.names.commitFolder(inode) : this.names.commitFile(inode, dataOnly));
  }

  /** Everything is on the disk, as after sync(2). */
  syncAll(): void {
    for (const inode of this.#dirty) inode.settle();
    this.#dirty.clear();
    this.letGo(this.names.commitAll());
  }

  /**
   * What the kernel does by itself every few seconds: data of files that have been dirty for the age goes to the disk, and
   * so do names older than 5 s. Nothing without an age.
   */
  writeBack(): void {
    if (this.#writeBackMs === undefined) return;
    const now = this.#now();
    this.letGo(this.names.commitOlderThan(now - Math.min(nameAgeMs, this.#writeBackMs)));
    for (const inode of this.#dirty) {
      if ((inode.dirtySinceMs ?? now) <= now - this.#writeBackMs) this.#settle(inode);
    }
  }

  /** Makes a dirty inode what the disk holds. @param from what was written below this place of a file stays. */
  restore(inode: Inode, from = 0): void {
    if (inode.durableOwnership !== undefined) this.store.change(inode, inode.durableOwnership);
    if (inode.kind === 'file') this.#contents.restore(inode, from);
    inode.settle();
    this.#dirty.delete(inode);
  }

  /** Makes names what they were before a change, which must be the newest of those that are left. */
  undo({ slots }: NameChange): void {
    for (const slot of slots) if (slot.after !== undefined) this.store.unplace(slot.after, slot);
    for (const slot of slots) if (slot.before !== undefined) this.store.place(slot.before, slot);
  }

  /** Changes bytes on the disk, and what the node sees of them. Nothing of it is undone by a power cut. */
  damage(file: Inode, start: number, end: number, change: (byte: number) => number): void {
    this.#contents.damage(file, start, end, change);
  }

  /** Forgets inodes that nobody can reach or bring back. */
  letGo(inodes: Iterable<Inode>): void {
    for (const inode of inodes) this.#letGo(inode);
  }

  close(): void {
    for (const inode of this.#inodes.values()) this.#contents.close(inode);
    this.store.close();
  }

  #load(folder: Inode, byNumber = new Map<number, Inode>()): void {
    for (const { name } of this.store.list(folder.path ?? '')) {
      const at = { folder, name };
      const stat = this.store.statPath(pathOf(at));
      const kind = kindOf(stat);
      if (kind === undefined) continue; // a socket or FIFO that a process has left behind
      const inode = byNumber.get(stat.ino) ?? this.#new(kind, kind === 'folder' ? 0 : stat.size);
      byNumber.set(stat.ino, inode);
      inode.names.push(at);
      folder.children.set(name, inode);
      if (kind === 'folder') this.#load(inode, byNumber);
    }
  }

  #new(kind: Kind, sizeBytes: number): Inode {
    const inode = new Inode(this.#nextId, kind, sizeBytes);
    this.#nextId += 1;
    this.#inodes.set(inode.id, inode);
    return inode;
  }

  #created(kind: Kind, at: Name, sizeBytes: number): Inode {
    const inode = this.#new(kind, sizeBytes);
    inode.names.push(at);
    at.folder.children.set(at.name, inode);
    this.#change('create', inode, [{ ...at, before: undefined, after: inode }]);
    return inode;
  }

  #remove(inode: Inode, at: Name): void {
    this.store.unplace(inode, at);
    if (!this.names.forgetCreation(at)) {
      this.#change('remove', inode, [{ ...at, before: inode, after: undefined }]);
    }
    this.#letGo(inode);
  }

  #change(kind: NameChange['kind'], subject: Inode, slots: readonly Slot[]): void {
    this.names.add({ kind, subject, slots, atMs: this.#now() });
  }

  #mustBeFree(folder: Inode, name: string): void {
    if (childrenOf(folder).has(name)) throw new Errno('EEXIST');
    if (folder.isRoot && name === removedName) throw new Errno('EACCES');
    if (!folder.isRoot && folder.names.length === 0) throw new Errno('ENOENT');
  }

  #touch(inode: Inode): void {
    inode.dirtySinceMs ??= this.#now();
    this.#dirty.add(inode);
  }

  #settle(inode: Inode, dataOnly = false): void {
    inode.settle(dataOnly);
    if (inode.durableOwnership === undefined) this.#dirty.delete(inode);
  }

  #letGo(inode: Inode): void {
    if (inode.openHandles > 0) return;
    this.#contents.close(inode);
    if (inode.isRoot || inode.names.length > 0 || inode.pendingNames > 0) return;
    if (!this.#inodes.delete(inode.id)) return;
    this.#dirty.delete(inode);
    this.store.discard(inode);
  }
}

function childrenOf(folder: Inode): Map<string, Inode> {
  if (folder.kind !== 'folder') throw new Errno('ENOTDIR');
  return folder.children;
}

function kindOf(stat: Stats): Kind | undefined {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  return stat.isSymbolicLink() ? 'link' : undefined;
}

function mayTakePlace(inode: Inode, replaced: Inode): void {
  if (inode.kind === 'folder' && replaced.kind !== 'folder') throw new Errno('ENOTDIR');
  if (inode.kind !== 'folder' && replaced.kind === 'folder') throw new Errno('EISDIR');
  if (replaced.children.size > 0) throw new Errno('ENOTEMPTY');
}

function isBelow(folder: Inode | undefined, above: Inode): boolean {
  return folder !== undefined && (folder === above || isBelow(folder.names[0]?.folder, above));
}
