/** The lines of a file as bytes, one after another, in bounded memory: a line longer than the bound is passed as cut. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { messageOf, ToolError } from '../../errors.ts';

const mostLineBytes = 1 << 24;
const chunkBytes = 1 << 20;
const newline = 10;

export interface Line {
  readonly number: number;
  /** Undefined: longer than the bound, or not UTF-8. */
  readonly text: string | undefined;
}

/** Calls `onLine` for every line that is not blank. @throws ToolError `unreadable` (exit 2). */
export async function eachLine(path: string, onLine: (line: Line) => void, mostBytes = mostLineBytes): Promise<void> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let number = 0;
  const take = (bytes: Buffer): void => {
    number += 1;
    const text = bytes.length <= mostBytes && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
    const own = number === 1 ? text?.replace(/^\uFEFF/, '') : text;
    if (own === undefined || own.trim() !== '') onLine({ number, text: own });
  };
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let to = chunk.indexOf(newline); to >= 0; to = chunk.indexOf(newline, from)) {
        const tail = chunk.subarray(from, to);
        take(rest.length === 0 ? tail : Buffer.concat([...rest, tail]));
        rest = [];
        restBytes = 0;
        from = to + 1;
      }
      // Of an endless line only as much is kept as shows that it is too long.
      if (restBytes <= mostBytes) rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause; // of `onLine`, not of the file
    throw new ToolError(`${path}: ${messageOf(cause)}`, {
      code: 'unreadable',
      hint: 'check the path, and that the file may be read',
      cause,
    });
  }
  if (restBytes > 0) take(Buffer.concat(rest));
}
