/** Ids on disk by part and number, for naming the few that findings are about. */
import { appendFileSync, closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Bytes, isPlain, Taken } from './parted.ts';

export class Names implements Disposable {
  readonly #folder: string;
  readonly #kind: string;
  readonly #open = new Map<number, [text: number, ends: number]>();
  readonly #text = new Bytes();
  #ends: number[] = [];

  /** @param kind parts the files of two such in one folder. */
  constructor(folder: string, kind: string) {
    this.#folder = folder;
    this.#kind = kind;
  }

  /** Appends the next id of the part that is being written, and returns its number there. */
  add(id: string): number {
    this.#text.text(id, isPlain(id));
    return this.#ends.push(this.#text.end) - 1;
  }

  /** Writes the part's ids down; the next `add` is of another part. */
  close(part: number): void {
    appendFileSync(this.#path(part, 'ids'), this.#text.buffer.subarray(0, this.#text.end));
    const ends = Float64Array.from(this.#ends);
    appendFileSync(this.#path(part, 'ends'), new Uint8Array(ends.buffer));
    this.#text.end = 0;
    this.#ends = [];
  }

  of(part: number, number: number): string {
    const [text, ends] = this.#files(part);
    const range = new Float64Array(2);
    const bytes = new Uint8Array(range.buffer);
    if (number === 0) readSync(ends, bytes, 8, 8, 0);
    else readSync(ends, bytes, 0, 16, (number - 1) * 8);
    const [from, to] = [range[0] as number, range[1] as number];
    const taken = new Taken();
    taken.buffer = Buffer.alloc(Math.max(0, to - from));
    readSync(text, taken.buffer, 0, taken.buffer.length, from);
    return taken.buffer.length === 0 ? `${part}#${number}` : taken.text();
  }

  [Symbol.dispose](): void {
    for (const files of this.#open.values()) for (const fd of files) closeSync(fd);
    this.#open.clear();
  }

  #files(part: number): [number, number] {
    let files = this.#open.get(part);
    if (files === undefined) {
      files = [openSync(this.#path(part, 'ids'), 'r'), openSync(this.#path(part, 'ends'), 'r')];
      this.#open.set(part, files);
    }
    return files;
  }

  #path(part: number, what: 'ids' | 'ends'): string {
    return join(this.#folder, `${this.#kind}.${part}.${what}`);
  }
}
