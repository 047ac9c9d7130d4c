/**
 * The log that held the messages, as an independent reader finds it once all files were read: what their last line tells of
 * was done by then. A record of it is known by the id that it carries, or else by its place alone.
 */
import type { Event } from '../../event.ts';

export interface ForeignLog {
  /** What it is, for sentences: `the cluster in data`. */
  readonly name: string;
  /** What of a record is the id, for sentences: `the key`; absent: nothing is, and it is known by its place. */
  readonly identity?: string;
  /** Called once, after all files. @throws ToolError of whoever reads it. */
  read(asked: AskedLog, onRecord: (record: LogRecord) => void): Promise<LogReport>;
}

export interface AskedLog {
  /** Topics that the records name; empty where they name none. */
  readonly topics: readonly string[];
  /** Some places that were acknowledged, and for which id. */
  readonly samples: readonly (LogPlace & { readonly id: string })[];
}

interface LogPlace {
  /** Absent where the records name none. */
  readonly topic?: string | undefined;
  readonly partition: number;
  readonly position: number;
}

export interface LogRecord extends LogPlace {
  readonly id?: string | undefined;
}

/** What was done to the log's owner, with the wall clock of it. */
export interface LogEvent {
  /** Nanoseconds since 1970. */
  readonly atNs: number;
  readonly event: Extract<Event, { kind: 'fault' | 'node' }>;
}

export interface LogReport {
  readonly reads: readonly (Omit<LogPlace, 'position'> & {
    readonly from: number;
    readonly to: number;
    readonly complete: boolean;
    readonly reason?: string;
  })[];
  readonly events: readonly LogEvent[];
  /** Sentences about what was read. */
  readonly remarks: readonly string[];
  /** What of the records holds the ids of the sampled places, as the option would say it. */
  readonly idHint?: { readonly written: string; readonly count: number; readonly of: number };
}
