import type { Seams } from '../node/seams.ts';

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
