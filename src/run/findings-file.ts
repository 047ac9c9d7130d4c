import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { Finding } from '../audit/audit.ts';
import { putFinding } from '../audit/finding-line.ts';
import { JsonBytes } from '../audit/json-bytes.ts';

/**
 * `findings.ndjson`: every affected message, however many there are. It takes the place of an older one when it is kept;
 * of an audit that did not come to its end nothing stays.
 */
export class FindingsFile implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  readonly #lines = new JsonBytes((bytes) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  });
  #kept = false;

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(`${path}.new`, 'w');
  }

  add(finding: Finding): void {
    putFinding(this.#lines, finding);
    this.#lines.endLine();
  }

  keep(): void {
    this.#lines.flush();
    renameSync(`${this.#path}.new`, this.#path);
    this.#kept = true;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    if (!this.#kept) rmSync(`${this.#path}.new`, { force: true });
  }
}
