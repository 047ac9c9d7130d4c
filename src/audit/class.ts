import type { UsualWords } from '../suggest.ts';

/**
 * The classes of findings, by the names that every record uses. docs/audit.md says what each means. A profile without
 * an `expect` forbids those in `forbiddenByDefault`.
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

const duplicates = ['duplicate-stored', 'duplicate-delivered', 'duplicate-effect'] as const;

/** What the classes are usually called elsewhere; several where the word is wider than a class. */
export const classWords: UsualWords = {
  loss: 'lost',
  losses: 'lost',
  missing: ['lost', 'unseen'],
  truncated: 'rolled-back',
  duplicate: duplicates,
  duplicates,
  duplicated: duplicates,
  doubles: duplicates,
  'out-of-order': 'reordered',
  order: 'reordered',
  ordering: 'reordered',
  corruption: 'corrupt',
  corrupted: 'corrupt',
  'dead-letter': 'dead-letter-lost',
  'dead-letters': 'dead-letter-lost',
  dlq: 'dead-letter-lost',
  stale: 'stale-overwrite',
  availability: 'unavailable',
  downtime: 'unavailable',
};

export type FindingClass = (typeof findingClasses)[number];

/** Classes about the effects of processing. They are undecided in a run whose consumers had no effects. */
export const effectClasses = [
  'duplicate-effect',
  'unprocessed',
  'phantom-effect',
  'stale-overwrite',
] as const satisfies readonly FindingClass[];

/** Classes about scheduled redelivery. They are undecided in a run without it. */
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

/**
 * The classes that may follow from a harm. A truncated log, for example, loses the messages that nobody had read, rolls
 * back those that somebody had, and gives positions to other messages.
 */
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

/** Whether a class may have findings under the run's settings and faults, and why, in half a sentence. */
export interface Clause {
  readonly allowed: boolean;
  readonly because: string;
}

/** What the run's settings promise for each class. It is derived from the plan and shown beside each finding. */
export type Contract = Readonly<Record<FindingClass, Clause>>;

/** What a run must satisfy. The plan writes it; the verdict judges by it. */
export interface Expectation {
  /**
   * The profile asked for the contract: a class that it does not limit itself has limit 0 if the contract forbids it.
   */
  readonly contract?: true;
  /** The most messages (for `unavailable`: faults) that a class may have; a class that is not in here has no limit. */
  readonly limits: Partial<Record<FindingClass, number>>;
  /** The longest gap between acks, in ms, that a partition may have around any fault. */
  readonly recoveryMs?: number;
  /** The least share of the attempted messages that must be acked, 0–1. */
  readonly ackedShare?: number;
  /**
   * The harms that the run has to show. It passes if each was shown, and fails if the faults fired and one was not.
   * Naming a harm here lifts no limit.
   */
  readonly harm?: readonly FindingClass[];
}

/** What faults call the servers of the effects when they aim at them: that of the effects, and one of ids alone. */
export const storeIds: readonly string[] = ['store', 'ids'];
