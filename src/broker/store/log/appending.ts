import type { EntryDraft } from './entry.ts';

/**
 * A request to append one entry to the log. The log calls `prepare` in the order of the log and while it writes nothing,
 * so that offsets and sequence numbers are given out in exactly that order. Afterwards it calls either `written` or
 * `failed`, once. `failed` undoes what `prepare` changed, and the log calls it in reverse order.
 */
export interface Appending {
  readonly bodyBytes: number;
  /**
   * Decides which entry is written. `undefined`: none is, because the request is a duplicate or is refused; `written` is
   * called all the same, after the entries before it are written.
   * @param epoch the leader epoch that the entry will carry
   */
  prepare(epoch: number): EntryDraft | undefined;
  written(position: number, sizeBytes: number): void;
  failed(error: unknown): void;
}
