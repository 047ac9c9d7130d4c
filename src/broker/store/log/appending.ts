import type { EntryDraft } from './entry.ts';

/**
 * Something on its way into the log. Which entry it becomes, and whether it becomes one at all, is decided in `prepare`,
 * called in log order while nothing is being written, so that offsets and sequences are given out exactly in the order
 * of the log. Then either `written` or `failed` is called, exactly once; `failed` takes back what `prepare` changed and
 * is called in reverse order.
 */
export interface Appending {
  readonly bodyBytes: number;
  /**
   * `undefined`: there is nothing to write (a duplicate, a refusal), but the answer waits for what was before it.
   * @param epoch that the entry will carry
   */
  prepare(epoch: number): EntryDraft | undefined;
  written(position: number, sizeBytes: number): void;
  failed(error: unknown): void;
}
