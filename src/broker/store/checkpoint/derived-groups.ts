import type { Entry } from '../log/entry.ts';
import type { Shown } from '../partitions/visibility.ts';

/** What groups derive from their entries in the log. */
export interface DerivedGroups extends Shown {
  apply(entry: Entry): string | undefined;
  reset(): void;
  /** All of it, for a checkpoint. */
  save(): Buffer;
  /** Goes on from what was saved at a position of the log, all of which is yet to be shown. */
  load(saved: Buffer, position: number): void;
}
