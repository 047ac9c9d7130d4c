import * as fs from 'node:fs';
import type { Inode } from './inode.ts';
import type { Store } from './store.ts';
import type { Kept } from './undo.ts';

const zeros = Buffer.alloc(65_536);
const keptAtOnceBytes = 1_048_576;

/**
 * The bytes of files. Current ones are in the files below; before one changes that the disk holds, it is kept in the
 * inode's undo record. Throws what calls to the files below throw.
 */
export class Contents {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @returns how many bytes there were. */
  read(file: Inode, into: Buffer, at: number): number {
    return this.#withDescriptor(file, (descriptor) => readFully(descriptor, into, at));
  }

  write(file: Inode, bytes: Buffer, at: number): void {
    this.#withDescriptor(file, (descriptor) => {
      this.#keep(file, descriptor, at, at + bytes.length);
      writeFully(descriptor, bytes, at, (start, end) => {
        file.sizeBytes = Math.max(file.sizeBytes, end);
        file.written.add(start, end);
      });
    });
  }

  writeZeros(file: Inode, start: number, end: number): void {
    for (let at = start; at < end; at += zeros.length) {
      this.write(file, zeros.subarray(0, Math.min(zeros.length, end - at)), at);
    }
  }

  truncate(file: Inode, sizeBytes: number): void {
    this.#withDescriptor(file, (descriptor) => {
      if (sizeBytes < file.sizeBytes) this.#keep(file, descriptor, sizeBytes, file.sizeBytes);
      fs.ftruncateSync(descriptor, sizeBytes);
      file.written.cut(sizeBytes);
      file.sizeBytes = sizeBytes;
    });
  }

  /** Makes the file what the disk holds. @param from what was written below this place stays. */
  restore(file: Inode, from: number): void {
    this.#withDescriptor(file, (descriptor) => {
      const sizeBytes = Math.max(file.durableBytes, Math.min(file.sizeBytes, from));
      fs.ftruncateSync(descriptor, sizeBytes);
      for (const kept of file.undo.all) restoreRange(descriptor, kept, from);
      file.sizeBytes = sizeBytes;
    });
  }

  /** Changes bytes on the disk, and what the node sees of them. */
  damage(file: Inode, start: number, end: number, change: (byte: number) => number): void {
    this.#withDescriptor(file, (descriptor) => {
      const bytes = Buffer.alloc(end - start);
      readFully(descriptor, bytes, start);
      writeFully(descriptor, Buffer.from(bytes.map(change)), start, () => {});
    });
    for (let at = start; at < end; at++) file.undo.damage(at, change);
  }

  close(file: Inode): void {
    if (file.descriptor !== undefined) fs.closeSync(file.descriptor);
    file.descriptor = undefined;
  }

  /** Keeps what the disk holds of a range that is about to change. */
  #keep(file: Inode, descriptor: number, start: number, end: number): void {
    for (const gap of file.undo.missing(start, Math.min(end, file.durableBytes))) {
      for (let at = gap.start; at < gap.end; at += keptAtOnceBytes) {
        const bytes = Buffer.alloc(Math.min(keptAtOnceBytes, gap.end - at));
        readFully(descriptor, bytes, at);
        file.undo.keep({ start: at, end: at + bytes.length }, bytes);
      }
    }
  }

  #withDescriptor<T>(file: Inode, act: (descriptor: number) => T): T {
    file.descriptor ??= this.#store.open(file);
    try {
      return act(file.descriptor);
    } finally {
      if (file.openHandles === 0) this.close(file);
    }
  }
}

function readFully(descriptor: number, into: Buffer, at: number): number {
  let done = 0;
  while (done < into.length) {
    const count = fs.readSync(descriptor, into, done, into.length - done, at + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** @param wrote is told of each part as soon as it is written: the next one may fail. */
function writeFully(descriptor: number, bytes: Buffer, at: number, wrote: (start: number, end: number) => void): void {
  for (let done = 0; done < bytes.length; ) {
    const count = fs.writeSync(descriptor, bytes, done, bytes.length - done, at + done);
    wrote(at + done, at + done + count);
    done += count;
  }
}

function restoreRange(descriptor: number, { start, end, bytes }: Kept, from: number): void {
  const first = Math.max(start, from);
  if (first >= end) return;
  if (bytes !== null) return writeFully(descriptor, bytes.subarray(first - start), first, () => {});
  for (let at = first; at < end; at += zeros.length) {
    writeFully(descriptor, zeros.subarray(0, Math.min(zeros.length, end - at)), at, () => {});
  }
}
