/**
 * The life of one message, as the records tell it: the document of `mqchaos explain --json`. Its names are a promise to
 * scripts, documented in docs/records.md: additions only, anything else is a new version. All times are nanoseconds since
 * the run's base.
 */

import type { Finding } from '../audit/audit.ts';
import type { OutcomeName } from '../journal/event.ts';
import type { PowerCutLoss } from '../products/left.ts';

export const storyVersion = 1;

export interface Story {
  readonly version: typeof storyVersion;
  readonly run: string;
  /** Its name on the broker, with which the names of groups begin. */
  readonly topic: string;
  /** As findings.ndjson names it. */
  readonly message: string;
  /** As the journals number it. */
  readonly producer: number;
  readonly seq: number;
  /** The strongest of its attempts' outcomes, as the audit takes them; `none`: no attempt of it is recorded. */
  readonly outcome: OutcomeName | 'none';
  /** What the audit found of it; null: the run was not audited. */
  readonly findings: readonly Finding[] | null;
  /** In order of time. */
  readonly events: readonly StoryEvent[];
  /** What the records say that did not happen, a sentence each. */
  readonly absences: readonly string[];
  /** What the independent reader found where the message was acknowledged or seen. */
  readonly places: readonly PlaceRead[];
  /** What the brokers logged within a second of what happened to it. */
  readonly logs: readonly LogLine[];
  /** Journals that do not tell all, a sentence each. */
  readonly damaged: readonly string[];
  readonly loss: PowerCutLoss | null;
  readonly conclusion: Conclusion;
}

/** Where it is written: a file of the run's journals, and the number of the record in it. */
export interface Source {
  readonly journal: string;
  readonly record?: number;
}

export interface At {
  readonly atNs: number;
  /** Worker, or `runner`. */
  readonly by: string;
  readonly from: Source;
}

export interface Place {
  readonly partition?: number;
  readonly position?: number;
  readonly epoch?: number;
}

export type StoryEvent = At &
  (
    | { readonly what: 'sent'; readonly attempt: number; readonly partition?: number; readonly sizeBytes: number }
    | ({
        readonly what: 'answered';
        readonly attempt: number;
        readonly outcome: OutcomeName;
        readonly reason?: string;
        readonly latencyUs: number;
      } & Place)
    /** Its producer contradicted its own answer, so that none of them counts. */
    | { readonly what: 'disowned' }
    | ({
        readonly what: 'received';
        readonly group: string;
        readonly session: number;
        /** Number of the try, as far as anybody counts. */
        readonly try: number;
        /** The attempt at sending that the message itself carries; 0: not known. */
        readonly sendAttempt: number;
        readonly flags: readonly string[];
      } & Place)
    | { readonly what: 'failed'; readonly group: string; readonly try: number; readonly cause: 'processing' | 'store' }
    | { readonly what: 'scheduled'; readonly group: string; readonly try: number; readonly delayMs: number }
    | { readonly what: 'dead-lettered'; readonly group: string; readonly try: number }
    | {
        readonly what: 'effect';
        readonly group: string;
        readonly try: number;
        readonly effect: 'applied' | 'absorbed';
      }
    | ({
        readonly what: 'commit';
        readonly step: 'sent' | 'confirmed' | 'failed';
        readonly group: string;
        readonly session: number;
      } & Place)
    | ({ readonly what: 'stored'; readonly sendAttempt: number; readonly flags: readonly string[] } & Place)
    | { readonly what: 'dead'; readonly group: string; readonly try: number }
    | { readonly what: 'held'; readonly group: string; readonly holding: string; readonly count: number }
    | {
        readonly what: 'fault';
        readonly step: 'injecting' | 'injected' | 'healed';
        readonly fault: string;
        readonly do: string;
        readonly targets: readonly string[];
        /** What it took, where its evidence says. */
        readonly took: readonly string[];
      }
    | {
        readonly what: 'ended';
        readonly worker: string;
        readonly signal: string | null;
        readonly exitCode: number | null;
      }
  );

export interface PlaceRead {
  readonly partition: number;
  readonly position: number;
  /** `unread`: the reader did not go through the partition to its end. `none`: there was no independent reader. */
  readonly holds: 'itself' | 'another' | 'nothing' | 'unread' | 'none';
  /** Of `another`: who stands there, as far as it can be named. */
  readonly message?: string;
  readonly from?: Source;
}

export interface LogLine {
  readonly node: string;
  readonly file: string;
  readonly atNs: number;
  readonly text: string;
}

/** `proved`: the records that are named show it. `likely`: nothing contradicts it. `unknown`: the records do not tell. */
export type Certainty = 'proved' | 'likely' | 'unknown';

export interface Conclusion {
  readonly sentence: string;
  readonly certainty: Certainty;
  /** What it rests on. */
  readonly by: readonly string[];
}
