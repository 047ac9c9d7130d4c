/** The commit log that a node has left in its folder, read around a position of it. */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { entryKind, entryMagic, readEntry } from '../../broker/store/log/entry.ts';
import { readBatchHeader } from '../../broker/wire/record-batch.ts';

const folder = 'commit-log';
const windowBytes = 1024 * 1024;
/** How far back an entry of a partition is looked for: more than a partition that is in use leaves out. */
const mostBytes = 16 * windowBytes;

/** Position of the first byte of a file of the log, by its path in the node's folder; undefined: it is none. */
export function logFile(path: string): number | undefined {
  const found = /^commit-log\/(\d{16})\.log$/.exec(path);
  return found === null ? undefined : Number(found[1]);
}

export class LeftLog implements Disposable {
  readonly #segments: readonly { readonly base: number; readonly end: number; readonly fd: number }[];

  constructor(node: string) {
    const path = join(node, folder);
    const names = existsSync(path) ? readdirSync(path).sort() : [];
    this.#segments = names.flatMap((name) => {
      const base = logFile(`${folder}/${name}`);
      if (base === undefined) return [];
      const file = join(path, name);
      return [{ base, end: base + statSync(file).size, fd: openSync(file, 'r') }];
    });
  }

  /**
   * The last offset of a partition in the entries that end at or before a position: -1 when the log begins without one, null
   * when the log does not reach that far any more, or holds none near it.
   */
  lastBefore(position: number, topicId: string, partition: number): number | null {
    if (position > (this.#segments.at(-1)?.end ?? 0)) return null;
    for (let end = position; end > position - mostBytes; ) {
      const from = Math.max(0, end - windowBytes);
      const { start, last } = this.#scan(from, end, topicId, partition);
      if (last !== undefined) return last;
      if (from === 0) return -1;
      if (start === undefined) return null;
      end = start; // next, the entries before the first that begins in this window
    }
    return null;
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#segments) closeSync(fd);
  }

  /** The first entry that begins in [from, end), and the last offset of the partition in the entries that end there. */
  #scan(from: number, end: number, topicId: string, partition: number): { start?: number; last?: number } {
    const bytes = this.#read(from, end);
    let start: number | undefined;
    let last: number | undefined;
    for (let at = bytes.indexOf(entryMagic); at >= 0 && at < bytes.length; ) {
      const entry = readEntry(bytes, at, from + at);
      if (typeof entry === 'string') {
        // bytes of a message that look like an entry, or the end of what was read
        at = bytes.indexOf(entryMagic, at + 1);
        continue;
      }
      start ??= entry.position;
      if (entry.kind === entryKind.batch && entry.partition === partition && entry.topicId === topicId) {
        const { baseOffset, count } = readBatchHeader(entry.body);
        last = baseOffset + count - 1;
      }
      at += entry.sizeBytes;
    }
    return { ...(start === undefined ? {} : { start }), ...(last === undefined ? {} : { last }) };
  }

  #read(from: number, end: number): Buffer {
    const bytes = Buffer.alloc(end - from);
    for (const segment of this.#segments) {
      const first = Math.max(from, segment.base);
      const beyond = Math.min(end, segment.end);
      if (first < beyond) readSync(segment.fd, bytes, first - from, beyond - first, first - segment.base);
    }
    return bytes;
  }
}
