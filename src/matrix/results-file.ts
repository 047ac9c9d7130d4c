/** `results.ndjson`: a line for each run that is done, appended when it is; what is not in it will be done again. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { messageOf, ToolError } from '../errors.ts';
import type { Result } from './result.ts';

export class ResultsFile implements Disposable {
  readonly #fd: number;
  readonly #results: Result[];

  /** @throws ToolError (exit 2) for a file with a line that is none of ours. */
  constructor(path: string) {
    this.#results = existsSync(path) ? readWhole(path) : [];
    this.#fd = openSync(path, 'a');
  }

  get all(): readonly Result[] {
    return this.#results;
  }

  /** Returns once it is on the disk. */
  add(result: Result): void {
    writeSync(this.#fd, `${JSON.stringify(result)}\n`);
    fsyncSync(this.#fd);
    this.#results.push(result);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** A last line without its end was being written when its writer was killed: that run counts as not done. */
function readWhole(path: string): Result[] {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) truncateSync(path, end);
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as Result;
    } catch (cause) {
      throw new ToolError(`${path}:${index + 1}: ${messageOf(cause)}`, {
        code: 'not-a-matrix',
        hint: 'take the line out: its run is done again',
        cause,
      });
    }
  });
}
