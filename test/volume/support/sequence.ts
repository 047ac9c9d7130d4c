/** Random sequences of calls, each made on a volume, on a real folder and on the oracle. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { errnoOf } from '../../../src/volume/core/errno.ts';
import type { Inode } from '../../../src/volume/core/inode.ts';
import type { Volume } from '../../../src/volume/core/volume.ts';
import type { Oracle, Thing } from './oracle.ts';

export type Call =
  | { readonly do: 'mkdir' | 'unlink' | 'rmdir' | 'symlink' | 'fsyncFolder'; readonly path: string }
  | { readonly do: 'rename' | 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'create' | 'open'; readonly path: string; readonly slot: number }
  | { readonly do: 'close' | 'fsync' | 'fdatasync'; readonly slot: number }
  | { readonly do: 'write' | 'writeSync' | 'zero'; readonly slot: number; readonly at: number; readonly length: number }
  | { readonly do: 'append'; readonly slot: number; readonly length: number }
  | { readonly do: 'truncate'; readonly slot: number; readonly size: number };

/** Few, so that most calls meet what earlier ones have left. */
const path = fc.constantFrom('a', 'b', 'p/a', 'p/a', 'p/b', 'r/a', 'p/r/a', 'p', 'r', 'p/r');
const slot = fc.nat(2);
const place = fc.oneof({ arbitrary: fc.nat(40), weight: 4 }, { arbitrary: fc.nat(9000), weight: 1 });

const someBytes = place.map((length) => length + 1);

/** Weighted so that most calls find what they are about. */
const call: fc.Arbitrary<Call> = fc.oneof(
  one(6, { do: fc.constantFrom('create', 'open'), path, slot }),
  one(2, { do: fc.constant('mkdir'), path: fc.constantFrom('p', 'p', 'r', 'p/r') }),
  one(6, { do: fc.constantFrom('write', 'writeSync', 'zero'), slot, at: place, length: someBytes }),
  one(3, { do: fc.constant('append'), slot, length: place }),
  one(3, { do: fc.constant('truncate'), slot, size: place }),
  one(4, { do: fc.constantFrom('fsync', 'fdatasync'), slot }),
  one(1, { do: fc.constant('close'), slot }),
  one(5, { do: fc.constantFrom('rename', 'rename', 'link'), path, to: path }),
  one(4, { do: fc.constantFrom('unlink', 'rmdir'), path }),
  one(1, { do: fc.constantFrom('symlink', 'unlink'), path: fc.constantFrom('l', 'p/l') }),
  one(3, { do: fc.constant('fsyncFolder'), path: fc.constantFrom('', 'p', 'r', 'p/r') }),
);

function one(weight: number, fields: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  return { weight, arbitrary: fc.record(fields) as unknown as fc.Arbitrary<Call> };
}

/** What there may be before: in an empty volume most calls fail. */
const beginnings: readonly (readonly Call[])[] = [
  [],
  [
    { do: 'mkdir', path: 'p' },
    { do: 'create', path: 'a', slot: 0 },
    { do: 'create', path: 'p/a', slot: 1 },
  ],
  [
    { do: 'mkdir', path: 'p' },
    { do: 'mkdir', path: 'p/r' },
    { do: 'create', path: 'p/r/a', slot: 2 },
    { do: 'create', path: 'b', slot: 1 },
    { do: 'write', slot: 1, at: 0, length: 5000 },
  ],
];

/** The calls between two power cuts. */
export const life: fc.Arbitrary<readonly Call[]> = fc
  .tuple(fc.constantFrom(...beginnings), fc.array(call, { minLength: 1, maxLength: 40, size: 'max' }))
  .map((parts) => parts.flat());

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

/** Different bytes for every length, so that one write is not taken for another. */
export function bytesOf(length: number): Buffer {
  return Buffer.alloc(length, `${length}:`);
}

/** The same calls to an ordinary folder. */
export class FolderSubject {
  readonly #root: string;
  readonly #syncs: boolean;
  readonly #open = new Map<number, number>();

  /** @param syncs false leaves them out: they take long, and nobody cuts the power of this folder. */
  constructor(root: string, syncs: boolean) {
    this.#root = root;
    this.#syncs = syncs;
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
        return this.#opened(one.slot, fs.openSync(at(one.path), 'wx+'));
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
        return this.#fsyncPath(at(one.path));
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
      case 'fsync':
        return this.#syncs ? fs.fsyncSync(descriptor) : undefined;
      case 'fdatasync':
        return this.#syncs ? fs.fdatasyncSync(descriptor) : undefined;
      case 'write':
      case 'writeSync':
        write(descriptor, bytesOf(one.length), one.at);
        if (this.#syncs && one.do === 'writeSync') fs.fdatasyncSync(descriptor);
    }
  }

  #fsyncPath(path: string): void {
    const descriptor = fs.openSync(path, 'r');
    if (this.#syncs) fs.fsyncSync(descriptor);
    fs.closeSync(descriptor);
  }

  #openFile(path: string, slot: number): void {
    if (!fs.lstatSync(path).isFile()) return;
    this.#opened(slot, fs.openSync(path, 'r+'));
  }

  #opened(slot: number, descriptor: number): void {
    const before = this.#open.get(slot);
    this.#open.set(slot, descriptor);
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
        this.#open.set(one.slot, oracle.create(...this.#at(one.path), 'file'));
        return;
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
