/**
 * Rows of numbers in the order of their key, in bounded memory: they are parted by key into temporary files, each of which
 * is sorted by itself. Keys are dense integers from 0; rows of one key keep their order.
 */
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const keysPerFile = 1 << 17;
const bufferedRows = 512;
/** Numbers of a row: its key first. */
export const rowWidth = 8;

export class Sorted {
  readonly #folder: string;
  readonly #name: string;
  readonly #buffers: { readonly rows: Float64Array; used: number }[] = [];

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  put(key: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number): void {
    const file = Math.floor(key / keysPerFile);
    while (this.#buffers.length <= file) {
      this.#buffers.push({ rows: new Float64Array(bufferedRows * rowWidth), used: 0 });
    }
    const buffer = this.#buffers[file] as { rows: Float64Array; used: number };
    const { rows, used } = buffer;
    rows[used] = key;
    rows[used + 1] = b;
    rows[used + 2] = c;
    rows[used + 3] = d;
    rows[used + 4] = e;
    rows[used + 5] = f;
    rows[used + 6] = g;
    rows[used + 7] = h;
    buffer.used = used + rowWidth;
    if (buffer.used === rows.length) this.#flush(file);
  }

  /** All rows, as an array and the place in it where each begins. Their files go. */
  each(onRow: (rows: Float64Array, at: number) => void): void {
    for (let file = 0; file < this.#buffers.length; file += 1) {
      this.#flush(file);
      const path = this.#path(file);
      if (!existsSync(path)) continue;
      const bytes = readFileSync(path);
      rmSync(path);
      const rows = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      for (const at of inOrder(rows, file * keysPerFile)) onRow(rows, at);
    }
    this.#buffers.length = 0;
  }

  #flush(file: number): void {
    const buffer = this.#buffers[file];
    if (buffer === undefined || buffer.used === 0) return;
    appendFileSync(this.#path(file), new Uint8Array(buffer.rows.buffer, 0, buffer.used * 8));
    buffer.used = 0;
  }

  #path(file: number): string {
    return join(this.#folder, `${this.#name}.${file}.rows`);
  }
}

/** Where the rows begin, by key: counted, then laid out. */
function inOrder(rows: Float64Array, firstKey: number): Uint32Array {
  const starts = new Uint32Array(keysPerFile + 1);
  for (let at = 0; at < rows.length; at += rowWidth) {
    const slot = (rows[at] as number) - firstKey + 1;
    starts[slot] = (starts[slot] as number) + 1;
  }
  for (let slot = 1; slot <= keysPerFile; slot += 1)
    starts[slot] = (starts[slot] as number) + (starts[slot - 1] as number);
  const order = new Uint32Array(rows.length / rowWidth);
  for (let at = 0; at < rows.length; at += rowWidth) {
    const slot = (rows[at] as number) - firstKey;
    order[starts[slot] as number] = at;
    starts[slot] = (starts[slot] as number) + 1;
  }
  return order;
}
