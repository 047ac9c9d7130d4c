import type { Seams } from '../node/seams.ts';

/** A defect that the broker has on request, so that users and tests can see the audit find it. */
export interface Defect {
  readonly name: string;
  /** What the broker then does wrong. */
  readonly summary: string;
  /** What has to happen for it to do harm. */
  readonly under: string;
  /** The class of the finding that the audit must report. */
  readonly caughtAs: string;
  /** Replaces some parts of the honest node. Called once for each node. */
  readonly replaces: (honest: Seams) => Partial<Seams>;
}
