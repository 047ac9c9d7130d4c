/** What a worker of the user's own prints on stderr: kept in a file up to a bound, and read whatever it prints. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';

const mostBytes = 1024 * 1024;
const lastBytes = 2048;
const lastLines = 3;

export class StderrFile implements Disposable {
  /** Resolves when nobody can print any more. */
  readonly ended: Promise<void>;
  readonly #stream: Readable;
  readonly #fd: number;
  #written = 0;
  #dropped = 0;
  #last = Buffer.alloc(0);

  constructor(path: string, stream: Readable) {
    this.#stream = stream;
    this.#fd = openSync(path, 'a');
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    this.ended = new Promise((resolve) => {
      stream.once('close', resolve);
      stream.once('error', () => resolve());
    });
  }

  /** Its last lines, for an error message; empty when it said nothing. */
  get last(): string {
    return this.#last.toString('utf8').trimEnd().split('\n').slice(-lastLines).join('\n');
  }

  [Symbol.dispose](): void {
    this.#stream.removeAllListeners('data').destroy();
    if (this.#dropped > 0) writeSync(this.#fd, `\n[${this.#dropped} more bytes were dropped]\n`);
    closeSync(this.#fd);
  }

  #take(chunk: Buffer): void {
    const kept = chunk.subarray(0, Math.max(0, mostBytes - this.#written));
    if (kept.length > 0) writeSync(this.#fd, kept);
    this.#written += kept.length;
    this.#dropped += chunk.length - kept.length;
    this.#last = Buffer.concat([this.#last, chunk]).subarray(-lastBytes);
  }
}
