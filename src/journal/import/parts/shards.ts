/**
 * Records parted by the hash of their id into temporary files, so that each part's ids fit into memory: the whole
 * history may hold more ids than a Map can (2^24), each part does not. Order within an id is kept.
 */
import { appendFileSync, closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Bytes, type Packing, Taken } from './parted.ts';

const flushBytes = 1 << 15;
const readBytes = 1 << 18;
/** Before each record: its length without these. */
const lengthBytes = 4;

export class Shards<T extends { readonly id: string }> {
  readonly count: number;
  readonly #folder: string;
  readonly #name: string;
  readonly #packing: Packing<T>;
  readonly #parts: Bytes[];

  constructor(folder: string, name: string, count: number, packing: Packing<T>) {
    this.count = count;
    this.#folder = folder;
    this.#name = name;
    this.#packing = packing;
    this.#parts = Array.from({ length: count }, () => new Bytes());
  }

  add(record: T): void {
    const { id } = record;
    // FNV-1a over UTF-16 units
    let hash = 0x811c9dc5;
    let units = 0;
    for (let at = 0; at < id.length; at += 1) {
      const unit = id.charCodeAt(at);
      units |= unit;
      hash = Math.imul(hash ^ unit, 0x01000193);
    }
    const part = ((hash ^ (hash >>> 15)) >>> 0) % this.count;
    const bytes = this.#parts[part] as Bytes;
    bytes.reserve(lengthBytes);
    const start = bytes.end;
    bytes.end += lengthBytes;
    bytes.text(id, units < 128);
    this.#packing.pack(bytes, record);
    bytes.buffer.writeUInt32LE(bytes.end - start - lengthBytes, start);
    if (bytes.end >= flushBytes) this.#flush(part);
  }

  /** Call it when all records were added: it frees the buffers. */
  seal(): void {
    for (let part = 0; part < this.count; part += 1) this.#flush(part);
    this.#parts.length = 0;
  }

  /** The records of a part, in order. */
  each(part: number, onRecord: (record: T) => void): void {
    const path = this.#path(part);
    if (!existsSync(path)) return;
    const fd = openSync(path, 'r');
    try {
      const taken = new Taken();
      taken.buffer = Buffer.allocUnsafe(readBytes);
      let filled = 0;
      for (;;) {
        const read = readSync(fd, taken.buffer, filled, taken.buffer.length - filled, null);
        if (read === 0) return;
        filled += read;
        taken.at = 0;
        let wanted = lengthBytes;
        while (filled - taken.at >= lengthBytes) {
          wanted = lengthBytes + taken.buffer.readUInt32LE(taken.at);
          if (filled - taken.at < wanted) break;
          taken.at += lengthBytes;
          onRecord(this.#packing.unpack(taken));
        }
        const before = taken.buffer;
        if (wanted > before.length) taken.buffer = Buffer.allocUnsafe(wanted * 2);
        before.copy(taken.buffer, 0, taken.at, filled);
        filled -= taken.at;
      }
    } finally {
      closeSync(fd);
    }
  }

  #flush(part: number): void {
    const bytes = this.#parts[part];
    if (bytes === undefined || bytes.end === 0) return;
    appendFileSync(this.#path(part), bytes.buffer.subarray(0, bytes.end));
    bytes.end = 0;
  }

  #path(part: number): string {
    return join(this.#folder, `${this.#name}.${part}.part`);
  }
}
