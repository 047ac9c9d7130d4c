/**
 * The lines of a file, of a gzip of one, or of stdin, one after another, in bounded memory: a line longer than the bound is
 * passed as cut. Bytes become text a chunk at a time where a chunk is all text, which nearly all are.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, ToolError } from '../../errors.ts';

const mostLineBytes = 1 << 24;
const chunkBytes = 1 << 17;
const newline = 10;
/** Names stdin. */
export const standardInput = '-';

export interface Lines {
  /**
   * Called for every line that is not blank.
   * @param text undefined: longer than the bound, or not UTF-8.
   * @param ended false: the file's last line, without its newline.
   */
  line(text: string | undefined, number: number, ended: boolean): void;
  /** The rest cannot be decompressed: `number` is the line that was reached. */
  broken(number: number, why: string): void;
  /** Waited for before more of the file is read. */
  pause?(): Promise<void>;
}

/** @throws ToolError `unreadable` (exit 2). */
export async function eachLine(path: string, lines: Lines): Promise<void> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let number = 0;
  const one = (bytes: Buffer, ended: boolean): void => {
    number += 1;
    const text = bytes.length <= mostLineBytes && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
    give(number === 1 ? text?.replace(/^\uFEFF/, '') : text, number, ended);
  };
  const give = (text: string | undefined, at: number, ended: boolean): void => {
    const own = text?.endsWith('\r') ? text.slice(0, -1) : text;
    if (own === undefined || own.trim() !== '') lines.line(own, at, ended);
  };
  /** Whole lines, from the second of the file on. */
  const many = (bytes: Buffer): void => {
    const text = isAscii(bytes) ? bytes.toString('latin1') : isUtf8(bytes) ? bytes.toString('utf8') : undefined;
    if (text === undefined) {
      for (let from = 0, to = bytes.indexOf(newline); to >= 0; from = to + 1, to = bytes.indexOf(newline, from)) {
        one(bytes.subarray(from, to), true);
      }
      return;
    }
    for (let from = 0, to = text.indexOf('\n'); to >= 0; from = to + 1, to = text.indexOf('\n', from)) {
      number += 1;
      give(text.slice(from, to), number, true);
    }
  };
  try {
    for await (const chunk of chunksOf(path)) {
      const first = chunk.indexOf(newline);
      const last = chunk.lastIndexOf(newline);
      if (first < 0) {
        // Of an endless line only as much is kept as shows that it is too long.
        if (restBytes <= mostLineBytes) rest.push(chunk);
        restBytes += chunk.length;
        continue;
      }
      one(rest.length === 0 ? chunk.subarray(0, first) : Buffer.concat([...rest, chunk.subarray(0, first)]), true);
      many(chunk.subarray(first + 1, last + 1));
      rest = last + 1 < chunk.length ? [chunk.subarray(last + 1)] : [];
      restBytes = chunk.length - last - 1;
      await lines.pause?.();
    }
  } catch (cause) {
    const { syscall, code } = cause as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) {
      if (restBytes > 0) number += 1;
      return lines.broken(Math.max(1, number), `the gzip is damaged or cut (${messageOf(cause)})`);
    }
    if (syscall === undefined) throw cause; // of `lines`, not of the file
    throw unreadable(path, cause);
  }
  if (restBytes > 0) one(Buffer.concat(rest), false);
}

export function unreadable(path: string, cause: unknown): ToolError {
  return new ToolError(`${path}: ${messageOf(cause)}`, {
    code: 'unreadable',
    hint: 'check the path, and that the file may be read',
    cause,
  });
}

/** Throws what the file system does. */
export function beginsAsGzip(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.alloc(2);
    readSync(fd, head, 0, 2, 0);
    return isGzip(head);
  } finally {
    closeSync(fd);
  }
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** The bytes of a file, decompressed if it begins as a gzip does, whatever it is called. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const raw = (
    path === standardInput ? process.stdin : createReadStream(path, { highWaterMark: chunkBytes })
  ) as Readable;
  const chunks = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const head: Buffer[] = [];
  let size = 0;
  let done = false;
  while (size < 2 && !done) {
    const next = await chunks.next();
    done = next.done === true;
    if (!done) {
      head.push(next.value);
      size += next.value.length;
    }
  }
  const start = Buffer.concat(head);
  const whole = async function* (): AsyncGenerator<Buffer> {
    try {
      if (start.length > 0) yield start;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      raw.destroy();
    }
  };
  if (!isGzip(start)) {
    yield* whole();
    return;
  }
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  const source = Readable.from(whole(), { objectMode: true });
  source.on('error', (error) => gunzip.destroy(error));
  yield* source.pipe(gunzip) as AsyncIterable<Buffer>;
}
