import type { Appending } from './appending.ts';
import { type EntryDraft, entryHeaderBytes, writeEntry } from './entry.ts';

/** One write carries at most so many bytes, unless a single entry is larger. */
const groupLimitBytes = 4 * 1024 * 1024;

/** The log, as its queue sees it. */
export interface AppendTarget {
  /** How many bytes fit into the current segment. */
  roomBytes(): number;
  /** Writes the entries of a group, or throws if none of them is written. */
  write(group: readonly Appending[]): Promise<readonly Prepared[]>;
  /** Called after each write, when its members have been told. */
  wrote(): void;
}

/**
 * Keeps appends waiting in order. Those that come in one turn of the event loop, or while a write is in progress, form a
 * group, and a group is written in one write.
 */
export class AppendQueue {
  readonly #target: AppendTarget;
  #waiting: Appending[] = [];
  #draining: Promise<void> | undefined;

  constructor(target: AppendTarget) {
    this.#target = target;
  }

  push(appending: Appending): void {
    this.#waiting.push(appending);
    this.#draining ??= Promise.resolve().then(() => this.#drain());
  }

  /** Settles when nothing waits and nothing is being written. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      let prepared: readonly Prepared[];
      try {
        prepared = await this.#target.write(group);
      } catch (error) {
        for (const appending of group.reverse()) appending.failed(error);
        continue;
      }
      for (const { appending, position, sizeBytes } of prepared) appending.written(position, sizeBytes);
      this.#target.wrote();
    }
    // This must run in the same turn as the check above: an append that came in between would wait for ever.
    this.#draining = undefined;
  }

  /** Takes as many from the front as fit into the current segment and into one write, but at least one. */
  #takeGroup(): Appending[] {
    const limitBytes = Math.min(groupLimitBytes, this.#target.roomBytes());
    let bytes = 0;
    let count = 0;
    for (const { bodyBytes } of this.#waiting) {
      bytes += entryHeaderBytes + bodyBytes;
      if (bytes > limitBytes && count > 0) break;
      count += 1;
    }
    if (count < this.#waiting.length) return this.#waiting.splice(0, count);
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }
}

/** A member of a group and where its entry goes. `sizeBytes` is 0 when `prepare` decided to write nothing. */
export interface Prepared {
  readonly appending: Appending;
  readonly position: number;
  readonly sizeBytes: number;
}

/**
 * Calls `prepare` of each member of the group in order, and packs their entries as the log will hold them.
 * @param start position of the first entry
 */
export function prepareGroup(
  group: readonly Appending[],
  epoch: number,
  start: number,
): { readonly prepared: readonly Prepared[]; readonly data: Buffer } {
  const drafts: EntryDraft[] = [];
  const prepared: Prepared[] = [];
  let bytes = 0;
  for (const appending of group) {
    const draft = appending.prepare(epoch);
    const sizeBytes = draft === undefined ? 0 : entryHeaderBytes + draft.body.length;
    if (draft !== undefined) drafts.push(draft);
    prepared.push({ appending, position: start + bytes, sizeBytes });
    bytes += sizeBytes;
  }
  const data = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const draft of drafts) at += writeEntry(draft, start + at, epoch, data, at);
  return { prepared, data };
}
