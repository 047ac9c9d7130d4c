import { errnoOf } from '../../../src/volume/core/errno.ts';
import type { Inode } from '../../../src/volume/core/inode.ts';
import type { Volume } from '../../../src/volume/core/volume.ts';
import { bytesOf, type Call } from './calls.ts';

/** Calls by path, as the kernel makes them of calls to a volume. */
export class VolumeSubject {
  readonly #volume: Volume;
  readonly #open = new Map<number, Inode>();

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  /** @returns the error's number; undefined: it was done. */
  make(one: Call): number | undefined {
    try {
      this.#make(one);
      return undefined;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      return errno;
    }
  }

  closeAll(): void {
    for (const inode of this.#open.values()) this.#volume.release(inode);
    this.#open.clear();
  }

  #make(one: Call): void {
    const volume = this.#volume;
    switch (one.do) {
      case 'create':
        return this.#opened(one.slot, volume.create(...this.#at(one.path), own));
      case 'mkdir':
        volume.makeFolder(...this.#at(one.path), { ...own, mode: 0o755 });
        return;
      case 'symlink':
        volume.makeLink(...this.#at(one.path), 'somewhere', own);
        return;
      case 'unlink':
        return volume.unlink(...this.#at(one.path));
      case 'rmdir':
        return volume.removeFolder(...this.#at(one.path));
      case 'rename':
        return volume.rename(this.#name(one.path), this.#name(one.to));
      case 'link':
        return volume.link(this.#find(one.path), ...this.#at(one.to));
      case 'fsyncFolder':
        return volume.sync(this.#find(one.path), false);
      case 'open':
        return this.#openFile(one.path, one.slot);
      default:
        return this.#onFile(one, this.#open.get(one.slot));
    }
  }

  #onFile(one: Extract<Call, { slot: number }>, file: Inode | undefined): void {
    const volume = this.#volume;
    if (file === undefined) return;
    switch (one.do) {
      case 'close':
        this.#open.delete(one.slot);
        return volume.release(file);
      case 'fsync':
      case 'fdatasync':
        return volume.sync(file, one.do === 'fdatasync');
      case 'truncate':
        return volume.truncate(file, one.size);
      case 'append':
        return volume.write(file, bytesOf(one.length), file.sizeBytes);
      case 'zero':
        return volume.zero(file, one.at, one.at + one.length, true);
      case 'write':
      case 'writeSync':
        volume.write(file, bytesOf(one.length), one.at);
        if (one.do === 'writeSync') volume.sync(file, true);
    }
  }

  #openFile(path: string, slot: number): void {
    const file = this.#find(path);
    if (file.kind !== 'file') return;
    this.#volume.hold(file);
    this.#opened(slot, file);
  }

  #opened(slot: number, file: Inode): void {
    const before = this.#open.get(slot);
    this.#open.set(slot, file);
    if (before !== undefined) this.#volume.release(before);
  }

  #find(path: string): Inode {
    return path === '' ? this.#volume.root : this.#volume.lookup(...this.#at(path));
  }

  #at(path: string): [folder: Inode, name: string] {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = this.#volume.root;
    for (const part of parts) folder = this.#volume.lookup(folder, part);
    return [folder, name];
  }

  #name(path: string): { folder: Inode; name: string } {
    const [folder, name] = this.#at(path);
    return { folder, name };
  }
}

const own = { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
