import { closeSync, openSync, writeSync } from 'node:fs';
import type { Finding } from '../audit/audit.ts';
import { putFinding } from '../audit/finding-line.ts';
import { JsonBytes } from '../audit/json-bytes.ts';

/** `findings.ndjson`: every affected message, however many there are. */
export class FindingsFile implements Disposable {
  readonly #fd: number;
  readonly #lines = new JsonBytes((bytes) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  });

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
  }

  add(finding: Finding): void {
    putFinding(this.#lines, finding);
    this.#lines.endLine();
  }

  [Symbol.dispose](): void {
    this.#lines.flush();
    closeSync(this.#fd);
  }
}
