/**
 * The broker's commit log, watched from outside: what a stat(2) of its only segment shows is what the broker has just
 * handed to the kernel, before it could tell anybody.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { entryHeaderBytes, entryKind, entrySize } from '../../../src/broker/store/log/entry.ts';

const spinMs = 10;
const restMs = 2;
const firstSegment = '0000000000000000.log';

export class WatchedLog implements Disposable {
  readonly #fd: number;
  readonly #header = Buffer.alloc(entryHeaderBytes);
  /** End of the last whole entry that was seen. */
  #at = 0;

  /** @param node folder of a master that has not filled its first segment. */
  constructor(node: string) {
    this.#fd = openSync(join(node, 'commit-log', firstSegment), 'r');
  }

  /**
   * Calls `strike` in the very turn in which an entry of this kind was seen to be in the log; false when none came within
   * the bound. The watching takes all of the processor, so it lets go of the event loop now and then.
   */
  async atNext(kind: keyof typeof entryKind, boundMs: number, strike: () => void): Promise<boolean> {
    const end = performance.now() + boundMs;
    while (performance.now() < end) {
      this.#passed(kind); // what came meanwhile is not fresh any more
      const spinEnd = performance.now() + spinMs;
      while (performance.now() < spinEnd) {
        if (!this.#passed(kind)) continue;
        strike();
        return true;
      }
      await delay(restMs);
    }
    return false;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  /** Goes to the end of the last whole entry; true when one of this kind was passed. */
  #passed(kind: keyof typeof entryKind): boolean {
    const { size } = fstatSync(this.#fd);
    let passed = false;
    while (size - this.#at >= entryHeaderBytes) {
      readSync(this.#fd, this.#header, 0, entryHeaderBytes, this.#at);
      // a write that spans pages becomes visible page by page
      const sizeBytes = entrySize(this.#header, 0);
      if (typeof sizeBytes === 'string' || this.#at + sizeBytes > size) break;
      passed ||= this.#header[13] === entryKind[kind];
      this.#at += sizeBytes;
    }
    return passed;
  }
}
