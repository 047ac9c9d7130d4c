/** What an import is asked for, and what comes of it. */
import type { ForeignFiles } from './choice.ts';
import type { ForeignLog } from './log/log.ts';
import type { Contest } from './places.ts';
import type { Route } from './routes.ts';

export interface ImportRequest {
  /** One attempt at sending a message a line. */
  readonly sent: ForeignFiles | string;
  /** One delivery a line. */
  readonly received: ForeignFiles | string;
  /** What processing did to the outside, one message a line. */
  readonly effects?: ForeignFiles | string | undefined;
  /** The log that held the messages. It is read once all files were. */
  readonly log?: ForeignLog | undefined;
  /** A folder for temporary files; this makes its own below it and removes it again. */
  readonly folder: string;
  /** The received files hold everything that the consumers received. False: what is not in them is unseen, not lost. */
  readonly complete?: boolean;
  /**
   * The sent files hold acknowledgements alone, as most logs do: a message that was received and is not in them was sent,
   * and stored, and nobody was told.
   */
  readonly acksOnly?: boolean;
  /** Into how many parts the ids go; by default as the files' size asks. */
  readonly parts?: number;
}

/** Dispose it when the audit is done: its files go. */
export interface ImportedRecords extends Disposable {
  readonly journals: readonly string[];
  readonly names: {
    readonly message: (producer: number, seq: number) => string;
    /** What a partition of the journals is called, where records name topics. */
    readonly route: (partition: number) => Route | undefined;
  };
  /** Every record has a time. */
  readonly timed: boolean;
  /** Places at which several messages were acknowledged. */
  readonly contests: readonly Contest[];
  /** What the records are taken to be, as sentences: no record shows it. */
  readonly assumptions: readonly string[];
  /** Sentences: why these records alone cannot be passed. */
  readonly incidents: readonly string[];
  /** Classes that the fields cannot decide, with the reason. */
  readonly undecided: Partial<Record<'reordered' | 'corrupt' | 'misrouted' | 'unavailable', string>>;
}
