import type { Entry } from './entry.ts';
import type { EpochStart } from './epochs.ts';

/** State that is derived from the log by applying its entries in order. */
export interface Derived {
  /** Applies the next entry, which was read from the disk or sent by the leader. Returns why it cannot be right, if so. */
  apply(entry: Entry): string | undefined;
  /**
   * Goes back to the newest usable checkpoint at or below `end`, or to nothing; the caller applies the entries after it
   * again. The log ends at `end` or is about to be cut there: when this settles, no checkpoint and no index on the disk
   * covers an entry after `end`.
   */
  rewind(end: number): Promise<Resumed>;
  /** A promise while too much waits in memory to be written; the caller should wait for it before it applies more. */
  readonly congestion: Promise<void> | undefined;
}

/** What a rewind went back to. */
export interface Resumed {
  /** The caller applies the entries from this position on. */
  readonly position: number;
  /** Epochs of the entries before it. */
  readonly epochs: readonly EpochStart[];
  /** `used`, `none`, or `unusable: ` and the reason. */
  readonly checkpoint: string;
}
