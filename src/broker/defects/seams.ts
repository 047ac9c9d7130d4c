import type { Read } from '../node/fetch.ts';
import type { Append } from '../node/produce.ts';
import type { DerivedGroups } from '../store/checkpoint/derived-groups.ts';
import type { StoreSettings } from '../store/store.ts';

/** The four places at which a node can be made to lie. An honest node has what `node/` says in each. */
export interface Seams {
  /** Stores a batch and returns what its producer is told, once he may be told. */
  readonly append: Append;
  /** What consumers are shown of a partition. */
  readonly read: Read;
  /** What the store is told to promise. */
  readonly promises: StoreSettings;
  /** What keeps the committed offsets. */
  readonly groups: DerivedGroups;
}

/** A way to lie, made on purpose so that users and the audit's own tests can see it caught. */
export interface Defect {
  readonly name: string;
  /** What it does wrong. */
  readonly summary: string;
  /** What has to happen for it to do harm. */
  readonly under: string;
  /** The class of the audit that must say so. */
  readonly caughtAs: string;
  /** What it puts in the place of one or more seams. Called once a node. */
  readonly replaces: (honest: Seams) => Partial<Seams>;
}
