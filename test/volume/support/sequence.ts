/** Random sequences of calls, each made on a volume, on a real folder and on the oracle. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { errnoOf } from '../../../src/volume/core/errno.ts';
import type { Inode } from '../../../src/volume/core/inode.ts';
import type { Volume } from '../../../src/volume/core/volume.ts';
import type { Oracle, Thing } from './oracle.ts';

export type Call =
  | { readonly do: 'create' | 'mkdir' | 'unlink' | 'rmdir' | 'symlink' | 'fsyncFolder'; readonly path: string }
  | { readonly do: 'rename' | 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'open'; readonly path: string; readonly slot: number }
  | { readonly do: 'close' | 'fsync' | 'fdatasync'; readonly slot: number }
  | { readonly do: 'write' | 'writeSync' | 'zero'; readonly slot: number; readonly at: number; readonly length: number }
  | { readonly do: 'append'; readonly slot: number; readonly length: number }
  | { readonly do: 'truncate'; readonly slot: number; readonly size: number };

const folders = ['', 'p/', 'q/', 'p/r/'];
const names = ['a', 'b', 'c', 'p', 'q', 'r'];
const path = fc.tuple(fc.constantFrom(...folders), fc.constantFrom(...names)).map((parts) => parts.join(''));
const slot = fc.nat(2);
const place = fc.oneof({ arbitrary: fc.nat(40), weight: 4 }, { arbitrary: fc.nat(9000), weight: 1 });

/** Weighted so that most calls find what they are about. */
export const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), path }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('mkdir' as const), path: fc.constantFrom('p', 'q', 'p/r', 'q/r') }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), path, slot }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('write' as const, 'writeSync' as const, 'zero' as const),
      slot,
      at: place,
      length: place,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('append' as const), slot, length: place }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('truncate' as const), slot, size: place }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('fsync' as const, 'fdatasync' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), slot }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('rename' as const, 'link' as const), path, to: path }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('unlink' as const, 'rmdir' as const), path }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('symlink' as const, 'unlink' as const),
      path: fc.constantFrom('l', 'p/l'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('fsyncFolder' as const), path: fc.constantFrom('', 'p', 'q', 'p/r') }),
  },
);

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
        return volume.release(volume.create(...this.#at(one.path), own));
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

/** Different bytes for every length, so that one write is not taken for another. */
export function bytesOf(length: number): Buffer {
  return Buffer.alloc(length, `${length}:`);
}

/** The same calls to an ordinary folder. */
export class FolderSubject {
  readonly #root: string;
  readonly #open = new Map<number, number>();

  constructor(root: string) {
    this.#root = root;
  }

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
    for (const descriptor of this.#open.values()) fs.closeSync(descriptor);
    this.#open.clear();
  }

  #make(one: Call): void {
    const at = (relative: string): string => join(this.#root, relative);
    switch (one.do) {
      case 'create':
        return fs.closeSync(fs.openSync(at(one.path), 'wx+'));
      case 'mkdir':
        return fs.mkdirSync(at(one.path));
      case 'symlink':
        return fs.symlinkSync('somewhere', at(one.path));
      case 'unlink':
        return fs.unlinkSync(at(one.path));
      case 'rmdir':
        return fs.rmdirSync(at(one.path));
      case 'rename':
        return fs.renameSync(at(one.path), at(one.to));
      case 'link':
        return fs.linkSync(at(one.path), at(one.to));
      case 'fsyncFolder':
        fs.statSync(at(one.path));
        return;
      case 'open':
        return this.#openFile(at(one.path), one.slot);
      default:
        return this.#onFile(one, this.#open.get(one.slot));
    }
  }

  #onFile(one: Extract<Call, { slot: number }>, descriptor: number | undefined): void {
    if (descriptor === undefined) return;
    switch (one.do) {
      case 'close':
        this.#open.delete(one.slot);
        return fs.closeSync(descriptor);
      case 'truncate':
        return fs.ftruncateSync(descriptor, one.size);
      case 'append':
        return write(descriptor, bytesOf(one.length), fs.fstatSync(descriptor).size);
      case 'zero':
        if (one.at + one.length > fs.fstatSync(descriptor).size) fs.ftruncateSync(descriptor, one.at + one.length);
        return write(descriptor, Buffer.alloc(one.length), one.at);
      case 'write':
      case 'writeSync':
        return write(descriptor, bytesOf(one.length), one.at);
    }
  }

  #openFile(path: string, slot: number): void {
    if (!fs.lstatSync(path).isFile()) return;
    const before = this.#open.get(slot);
    this.#open.set(slot, fs.openSync(path, 'r+'));
    if (before !== undefined) fs.closeSync(before);
  }
}

function write(descriptor: number, bytes: Buffer, at: number): void {
  if (bytes.length > 0) fs.writeSync(descriptor, bytes, 0, bytes.length, at);
}

/** The same calls to the oracle, which is told only of those that were done. */
export class OracleSubject {
  readonly #oracle: Oracle;
  readonly #open = new Map<number, Thing>();

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  closeAll(): void {
    this.#open.clear();
  }

  make(one: Call): void {
    const oracle = this.#oracle;
    switch (one.do) {
      case 'create':
        return void oracle.create(...this.#at(one.path), 'file');
      case 'mkdir':
        return void oracle.create(...this.#at(one.path), 'folder');
      case 'symlink':
        return void oracle.create(...this.#at(one.path), 'link', Buffer.from('somewhere'));
      case 'unlink':
      case 'rmdir':
        return oracle.remove(...this.#at(one.path));
      case 'rename':
        return oracle.rename(this.#name(one.path), this.#name(one.to));
      case 'link':
        return oracle.link(this.#find(one.path), ...this.#at(one.to));
      case 'fsyncFolder': {
        const thing = this.#find(one.path);
        return thing.kind === 'folder' ? oracle.fsyncFolder(thing) : oracle.fsync(thing);
      }
      case 'open': {
        const thing = this.#find(one.path);
        if (thing.kind === 'file') this.#open.set(one.slot, thing);
        return;
      }
      default:
        return this.#onFile(one, this.#open.get(one.slot));
    }
  }

  #onFile(one: Extract<Call, { slot: number }>, thing: Thing | undefined): void {
    const oracle = this.#oracle;
    if (thing === undefined) return;
    switch (one.do) {
      case 'close':
        this.#open.delete(one.slot);
        return;
      case 'fsync':
        return oracle.fsync(thing);
      case 'fdatasync':
        return oracle.fdatasync(thing);
      case 'truncate':
        return oracle.truncate(thing, one.size);
      case 'append':
        return oracle.write(thing, bytesOf(one.length), thing.seen.length);
      case 'zero':
        return oracle.write(thing, Buffer.alloc(one.length), one.length === 0 ? 0 : one.at);
      case 'write':
      case 'writeSync':
        if (one.length > 0) oracle.write(thing, bytesOf(one.length), one.at);
        if (one.do === 'writeSync') oracle.fdatasync(thing);
    }
  }

  #find(path: string): Thing {
    return path === '' ? this.#oracle.root : this.#oracle.at(...this.#at(path));
  }

  #at(path: string): [folder: Thing, name: string] {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = this.#oracle.root;
    for (const part of parts) folder = this.#oracle.at(folder, part);
    return [folder, name];
  }

  #name(path: string): { folder: Thing; name: string } {
    const [folder, name] = this.#at(path);
    return { folder, name };
  }
}
