import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/**
 * `findings.ndjson`: every affected message, however many there are. It takes the place of an older one when it is kept;
 * of an audit that did not come to its end nothing stays.
 */
export class FindingsFile implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  #kept = false;

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(`${path}.new`, 'w');
  }

  write(lines: Uint8Array): void {
    for (let at = 0; at < lines.length; ) at += writeSync(this.#fd, lines, at);
  }

  keep(): void {
    renameSync(`${this.#path}.new`, this.#path);
    this.#kept = true;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    if (!this.#kept) rmSync(`${this.#path}.new`, { force: true });
  }
}
