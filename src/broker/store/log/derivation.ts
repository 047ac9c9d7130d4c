import type { Entry } from './entry.ts';
import type { EpochStart } from './epochs.ts';

/** What is derived from the log by taking its entries in order. */
export interface Derived {
  /** Takes the next entry, found on the disk or come from the leader; returns why it cannot be right. */
  apply(entry: Entry): string | undefined;
  /**
   * Forgets everything but what a checkpoint at or below `end` kept; the entries behind it come again. The log ends there,
   * or is about to: when this settles nothing on the disk knows of what is behind it.
   */
  rewind(end: number): Promise<Resumed>;
  /** A promise while it has taken more than it should hold in memory. */
  readonly congestion: Promise<void> | undefined;
}

/** From where on entries come again. */
export interface Resumed {
  readonly position: number;
  /** Epochs of the entries before it. */
  readonly epochs: readonly EpochStart[];
  /** `used`, `none`, or `unusable: ` and why. */
  readonly checkpoint: string;
}
