/**
 * A file of records behind a buffer in user memory. What was flushed is in the page cache and survives kill -9 of the
 * writer; it does not survive the host.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { RunClock } from './clock.ts';
import { kinds } from './event.ts';
import { checkOf, putRecord, recordSizeBytes, recordWords, textBytesPerRecord, textMore } from './record.ts';

const bufferBytes = 256 * 1024;
const bufferWords = bufferBytes / 4;

export class RecordFile {
  /** Records put so far, flushed or not. */
  records = 0;
  readonly #now: RunClock;
  readonly #words = new Int32Array(bufferWords);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  readonly #path: string;
  readonly #fd: number;
  #used = 0;

  /** Creates the file; throws EEXIST rather than touch one that is there. */
  constructor(path: string, header: Uint8Array, now: RunClock) {
    this.#now = now;
    this.#path = path;
    this.#fd = openSync(path, 'wx');
    this.#write(header);
  }

  /** Hands everything so far to the kernel. */
  flush(): void {
    if (this.#used === 0) return;
    this.#write(this.#bytes.subarray(0, this.#used * 4));
    this.#used = 0;
  }

  /** Closes the file even if the last records cannot be written. */
  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.#fd);
    }
  }

  /** Behind the record that it belongs to, in as many records as it takes. */
  text(text: string): void {
    const bytes = Buffer.from(text);
    let from = 0;
    do {
      if (this.#used === bufferWords) this.flush();
      const part = bytes.subarray(from, from + textBytesPerRecord);
      from += textBytesPerRecord;
      const start = this.#used * 4;
      this.#bytes.fill(0, start, start + recordSizeBytes);
      this.#bytes[start] = kinds.text;
      this.#bytes[start + 1] = part.length | (from < bytes.length ? textMore : 0);
      this.#bytes.set(part, start + 2);
      sealText(this.#words, this.#used);
      this.#used += recordWords;
      this.records += 1;
    } while (from < bytes.length);
  }

  /** A record with the time of now. */
  put(
    kind: number,
    code: number,
    producer: number,
    seq: number,
    session: number,
    position: number,
    partition: number,
    value: number,
    attempt: number,
    group: number,
    epoch: number,
  ): void {
    if (this.#used === bufferWords) this.flush();
    const tries = Math.min(attempt, 255);
    const atNs = this.#now();
    putRecord(
      this.#words,
      this.#used,
      kind,
      code,
      producer,
      seq,
      atNs,
      session,
      position,
      partition,
      value,
      tries,
      group,
      epoch,
    );
    this.#used += recordWords;
    this.records += 1;
  }

  /** @throws Error of the system's (ENOSPC, EIO …), which names the file. */
  #write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at);
    } catch (error) {
      if (error instanceof Error) error.message = `cannot write ${this.#path}: ${error.message}`;
      throw error;
    }
  }
}

function sealText(words: Int32Array, at: number): void {
  words[at + 7] = ((words[at + 7] as number) & 0xffffff) | (checkOf(words, at) << 24);
}
