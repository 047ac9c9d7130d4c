/**
 * The classes of finding, as named in every record. What each means is in docs/audit.md; what a run must satisfy
 * without an `expect` of its own is `forbiddenByDefault`.
 */
export const findingClasses = [
  'lost',
  'rolled-back',
  'skipped',
  'unseen',
  'duplicate-stored',
  'duplicate-delivered',
  'duplicate-undecided',
  'duplicate-effect',
  'recovered',
  'undelivered',
  'undelivered-silent',
  'pending',
  'degraded-lost',
  'stale-overwrite',
  'contradicted',
  'phantom',
  'corrupt',
  'misrouted',
  'reordered',
  'unprocessed',
  'dead-letter-lost',
  'over-retried',
  'unavailable',
  'phantom-effect',
] as const;

export type FindingClass = (typeof findingClasses)[number];

/** Classes about what processing did to the outside: nothing is known of them where it did nothing. */
export const effectClasses = [
  'duplicate-effect',
  'unprocessed',
  'phantom-effect',
  'stale-overwrite',
] as const satisfies readonly FindingClass[];

/** Classes about what was redelivered by schedule: nothing is known of them where nothing was. */
export const redeliveryClasses = ['dead-letter-lost', 'over-retried'] as const satisfies readonly FindingClass[];

export const forbiddenByDefault: readonly FindingClass[] = [
  'lost',
  'rolled-back',
  'skipped',
  'corrupt',
  'misrouted',
  'phantom',
  'contradicted',
];

/** What a harm brings with it. A cut log loses what nobody read, rolls back what somebody did, and moves positions. */
export const followers: Partial<Record<FindingClass, readonly FindingClass[]>> = {
  lost: ['rolled-back', 'skipped'],
  'rolled-back': ['lost', 'skipped'],
  'duplicate-stored': ['duplicate-effect', 'reordered'],
  'duplicate-delivered': ['duplicate-effect', 'duplicate-undecided'],
  'duplicate-effect': ['duplicate-stored', 'duplicate-delivered', 'duplicate-undecided'],
  reordered: ['stale-overwrite'],
  'undelivered-silent': ['undelivered'],
  unavailable: ['undelivered'],
};

/** Whether a class may have findings under these settings and these faults, and why, in half a sentence. */
export interface Clause {
  readonly allowed: boolean;
  readonly because: string;
}

/** What a set-up promises: derived from the plan, told beside each finding. */
export type Contract = Readonly<Record<FindingClass, Clause>>;

/** What a run must satisfy; written by the plan, judged by the verdict. */
export interface Expectation {
  /** The limits that were not named are those of the contract: none where it allows, 0 where it forbids. */
  readonly contract?: true;
  /** Most messages (for `unavailable`: faults) that a class may have; a class that is not named is unbounded. */
  readonly limits: Partial<Record<FindingClass, number>>;
  /** Longest gap in acknowledgements around any fault, per partition, in ms. */
  readonly recoveryMs?: number;
  /** Least share of the attempted messages that must be acked, 0–1. */
  readonly ackedShare?: number;
  /**
   * The run is there to show these harms: it passes when each was shown, fails when the faults fired and it was not.
   * They lift no limit by themselves.
   */
  readonly harm?: readonly FindingClass[];
}
