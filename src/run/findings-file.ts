import { closeSync, openSync, writeSync } from 'node:fs';
import type { Finding } from '../audit/audit.ts';
import { findingLine } from '../audit/finding-line.ts';

const flushBytes = 256 * 1024;

/** `findings.ndjson`: every affected message, however many there are. */
export class FindingsFile implements Disposable {
  readonly #fd: number;
  #text = '';

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
  }

  add(finding: Finding): void {
    this.#text += findingLine(finding);
    if (this.#text.length > flushBytes) this.#flush();
  }

  #flush(): void {
    writeSync(this.#fd, this.#text);
    this.#text = '';
  }

  [Symbol.dispose](): void {
    this.#flush();
    closeSync(this.#fd);
  }
}
