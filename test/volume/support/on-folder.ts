import * as fs from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../../src/volume/core/errno.ts';
import { bytesOf, type Call } from './calls.ts';

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
