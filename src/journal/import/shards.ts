/**
 * Records parted by the hash of their id into temporary files, so that each part's ids fit into memory: the whole
 * history may hold more ids than a Map can (2^24), each part does not. Order within an id is kept.
 */
import { appendFileSync, closeSync, existsSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eachLine, type Line } from './lines.ts';

const bufferChars = 1 << 16;

export class Shards<T extends { readonly id: string }> {
  readonly count: number;
  readonly #folder: string;
  readonly #name: string;
  readonly #buffers: string[][];
  readonly #chars: Int32Array;

  constructor(folder: string, name: string, count: number) {
    this.count = count;
    this.#folder = folder;
    this.#name = name;
    this.#buffers = Array.from({ length: count }, () => []);
    this.#chars = new Int32Array(count);
  }

  add(record: T): void {
    const shard = hashOf(record.id) % this.count;
    // JSON escapes what UTF-8 cannot carry (lone surrogates): ids come back as they were.
    const line = `${JSON.stringify(record)}\n`;
    this.#buffers[shard]?.push(line);
    this.#chars[shard] = (this.#chars[shard] as number) + line.length;
    if ((this.#chars[shard] as number) >= bufferChars) this.#flush(shard);
  }

  /** The records of a part, in order; its file is gone afterwards. */
  async each(shard: number, onRecord: (record: T) => void): Promise<void> {
    this.#flush(shard);
    const path = this.#path(shard);
    if (!existsSync(path)) return;
    const take = ({ text = '' }: Line): void => onRecord(JSON.parse(text) as T);
    await eachLine(path, take, Number.POSITIVE_INFINITY); // a record may have grown as we wrote it
    rmSync(path);
  }

  #flush(shard: number): void {
    const buffer = this.#buffers[shard] ?? [];
    if (buffer.length === 0) return;
    appendFileSync(this.#path(shard), buffer.join(''));
    this.#buffers[shard] = [];
    this.#chars[shard] = 0;
  }

  #path(shard: number): string {
    return join(this.#folder, `${this.#name}.${shard}.part`);
  }
}

/** FNV-1a over UTF-16 units. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Ids on disk by shard and sequence, for naming the few that findings are about. */
export class Names implements Disposable {
  readonly #folder: string;
  readonly #open = new Map<number, [text: number, ends: number]>();
  #text: Buffer[] = [];
  #ends: number[] = [];
  #end = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Appends the next id of the shard that is being written. */
  add(id: string): void {
    const bytes = Buffer.from(JSON.stringify(id));
    this.#text.push(bytes);
    this.#end += bytes.length;
    this.#ends.push(this.#end);
  }

  /** Writes the shard's ids down; the next `add` is of another shard. */
  close(shard: number): void {
    appendFileSync(this.#path(shard, 'ids'), Buffer.concat(this.#text));
    const ends = Float64Array.from(this.#ends);
    appendFileSync(this.#path(shard, 'ends'), new Uint8Array(ends.buffer));
    this.#text = [];
    this.#ends = [];
    this.#end = 0;
  }

  of(shard: number, seq: number): string {
    const [text, ends] = this.#files(shard);
    const range = new Float64Array(2);
    const bytes = new Uint8Array(range.buffer);
    if (seq === 0) readSync(ends, bytes, 8, 8, 0);
    else readSync(ends, bytes, 0, 16, (seq - 1) * 8);
    const [from, to] = [range[0] as number, range[1] as number];
    const name = Buffer.alloc(Math.max(0, to - from));
    readSync(text, name, 0, name.length, from);
    return name.length === 0 ? `${shard}#${seq}` : (JSON.parse(name.toString('utf8')) as string);
  }

  [Symbol.dispose](): void {
    for (const files of this.#open.values()) for (const fd of files) closeSync(fd);
    this.#open.clear();
  }

  #files(shard: number): [number, number] {
    let files = this.#open.get(shard);
    if (files === undefined) {
      files = [openSync(this.#path(shard, 'ids'), 'r'), openSync(this.#path(shard, 'ends'), 'r')];
      this.#open.set(shard, files);
    }
    return files;
  }

  #path(shard: number, kind: 'ids' | 'ends'): string {
    return join(this.#folder, `${shard}.${kind}`);
  }
}
