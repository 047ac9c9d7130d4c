/** Lines of a stream, none of them longer than a bound. */
import type { Readable } from 'node:stream';

export interface LineListener {
  line(text: string): void;
  /** A line that is too long, by its beginning; the rest of it is dropped. */
  tooLong(beginning: string): void;
  /** All that came together was handed over. */
  pause(): void;
}

const newline = 0x0a;
const shownBytes = 200;

/** Resolves when the stream has ended. What came without a newline at the end was not said to its end, and is dropped. */
export function readLines(stream: Readable, mostBytes: number, listener: LineListener): Promise<void> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let dropping = false;
  const hold = (part: Buffer): void => {
    if (dropping) return;
    held.push(part);
    heldBytes += part.length;
    if (heldBytes <= mostBytes) return;
    listener.tooLong(Buffer.concat(held).toString('utf8', 0, shownBytes));
    dropping = true;
    held = [];
    heldBytes = 0;
  };
  const end = (part: Buffer): void => {
    hold(part);
    if (!dropping) {
      const text = (held.length === 1 ? part : Buffer.concat(held)).toString('utf8');
      held = [];
      heldBytes = 0;
      listener.line(text.endsWith('\r') ? text.slice(0, -1) : text);
    }
    dropping = false;
  };
  stream.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      end(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from < chunk.length) hold(chunk.subarray(from));
    listener.pause();
  });
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
}
