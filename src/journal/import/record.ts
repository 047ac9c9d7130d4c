/** What a line of foreign records says, whatever its format. What a record does not say is undefined. */
import type { OutcomeName } from '../event.ts';

interface Placed {
  /** Compares byte for byte. */
  readonly id: string;
  /** Equal positions of two topics are two places. */
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly position?: number | undefined;
  readonly checksum?: string | undefined;
  /** Nanoseconds since 1970. */
  readonly timeNs?: number | undefined;
}

/** One attempt at sending a message. */
export interface SentRecord extends Placed {
  readonly outcome: Exclude<OutcomeName, 'sent'>;
  /** Who sent it, and the how manyeth of its messages it was: with both, the order of receipts can be judged. */
  readonly producer?: string | undefined;
  readonly sequence?: number | undefined;
}

/** One delivery of a message. */
export interface ReceivedRecord extends Placed {
  readonly group?: string | undefined;
  /** One consumer, from one assignment to the next: what it received of a partition came in this order. */
  readonly session?: string | undefined;
  readonly redelivered?: boolean | undefined;
}

/** What processing a message did to the outside, so many times. */
export interface EffectRecord {
  readonly id: string;
  readonly group?: string | undefined;
  readonly count: number;
}

/** The three files of foreign records. */
export interface RecordOf {
  readonly sent: SentRecord;
  readonly received: ReceivedRecord;
  readonly effects: EffectRecord;
}

export type Side = keyof RecordOf;
