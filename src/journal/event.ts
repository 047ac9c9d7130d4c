/**
 * The vocabulary of a run: what may be written into a journal. Every stage after the run (audit, report, `journal`)
 * knows the run only through these events.
 *
 * Identity of a message: (producer incarnation, sequence). A producer that was killed and started again is a new
 * incarnation. Each try at sending is an attempt, counted from 1.
 *
 * Write order (normative; the audit is unsound without it):
 * 1. `intended` is in the kernel before the first byte of the attempt's request can leave the process.
 * 2. `received` is in the kernel before the message is processed, and so before its ack can leave.
 * 3. `fault injecting` before the deed, `fault healed` after the heal is confirmed: windows over-approximate.
 * 4. `outcome` may be late: losing it only weakens acked to unknown.
 */

/**
 * Byte 0 of a record. Readers skip kinds they do not know. Number 15 stays free, so that it never means two things: it
 * was the leader of a partition, which no run recorded.
 */
export const kinds = {
  end: 0,
  intended: 1,
  outcome: 2,
  received: 3,
  stored: 4,
  processingFailed: 5,
  redeliveryScheduled: 6,
  deadLettered: 7,
  effect: 8,
  ack: 9,
  assigned: 10,
  fault: 11,
  node: 12,
  worker: 13,
  phase: 14,
  drain: 16,
  read: 17,
  mark: 18,
  text: 19,
  name: 20,
  incident: 21,
  held: 22,
  dead: 23,
  store: 24,
  disowned: 25,
  untraced: 26,
} as const;

/** What became of one attempt. `sent`: a oneway send was handed over; nobody will ever say more. */
export const outcomes = { acked: 0, degraded: 1, rejected: 2, unknown: 3, sent: 4 } as const;
export type OutcomeName = keyof typeof outcomes;

/** Bits of a delivery (`received`, `stored`), in the record's code byte. */
export const deliveryFlags = {
  /** The broker itself says that it delivered this before. */
  redelivered: 1,
  /** Identity good, body checksum wrong. */
  corrupt: 2,
  /** Acknowledged without the application's say (auto-ack): a receipt may be missing without the broker's fault. */
  weak: 4,
  /** A sound message of another run: nobody here ever attempted it. */
  foreign: 8,
  /** Identity checksum wrong: producer and sequence mean nothing. */
  unidentified: 16,
  /** The message names another queue than the one it was found in. */
  misrouted: 32,
  /** By the group's retry topic: `attempt` counts the consumers' own tries, and its place is no place of the log. */
  scheduled: 64,
} as const;

export const ackSteps = { sent: 0, confirmed: 1, failed: 2 } as const;
export type AckStep = keyof typeof ackSteps;

export const effectOutcomes = { applied: 0, absorbed: 1 } as const;
export type EffectOutcome = keyof typeof effectOutcomes;

/** Why a try at processing failed. `store`: the store of the effects was waited for, and did not come back in time. */
export const failureCauses = { processing: 0, store: 1 } as const;
export type FailureCause = keyof typeof failureCauses;

/**
 * A store of effects as the writer of the journal sees it. `lost`: a call got no answer, or no connection could be made;
 * said once an outage, and at the writer's end if it lasts. `reached`: it answers, for the first time or again.
 */
export const storeStates = { lost: 0, reached: 1 } as const;
export type StoreState = keyof typeof storeStates;

/**
 * What the store of the effects holds at the end. `effect`: of one message, so many times. `latest`: under a key that so
 * many residues of the sequence share, the message that stands. `strange`: something that no message made.
 */
export const holdings = { effect: 0, latest: 1, strange: 2 } as const;
export type HoldingName = keyof typeof holdings;

export const assignments = { assigned: 0, revoked: 1 } as const;
export type Assignment = keyof typeof assignments;

/** `failed`: the fault could not be injected or healed; the text says why. */
export const faultSteps = { injecting: 0, injected: 1, healing: 2, healed: 3, failed: 4 } as const;
export type FaultStep = keyof typeof faultSteps;

export const nodeStates = { starting: 0, ready: 1, stopped: 2, killed: 3, paused: 4, resumed: 5, failed: 6 } as const;
export type NodeState = keyof typeof nodeStates;

export const workerStates = { started: 0, ready: 1, exited: 2 } as const;
export type WorkerState = keyof typeof workerStates;

export const phases = { start: 0, send: 1, settle: 2, heal: 3, drain: 4, read: 5, stop: 6 } as const;
export type Phase = keyof typeof phases;

/** Steps of the drain, in order; each is recorded with its result. */
export const drainSteps = {
  settled: 0,
  healed: 1,
  probed: 2,
  renewed: 3,
  drained: 4,
  read: 5,
  'dead-letters': 6,
  /** What the store of the effects holds was read and written down; says nothing of the broker. */
  effects: 7,
} as const;
export type DrainStep = keyof typeof drainSteps;

export const marks = { closed: 0 } as const;
export type MarkName = keyof typeof marks;

/** Spaces of names that a journal defines in its own stream (`name` records): number → text. */
export const nameSpaces = { error: 0, session: 1 } as const;
export type NameSpace = keyof typeof nameSpaces;

/** No producer, group, session or partition. */
export const none16 = 0xffff;
export const none8 = 0xff;
/** No position: the broker has none, or did not say. */
export const noPosition = 2 ** 48 - 1;
/** Epochs from this one on are not told apart: positions under it compare with nothing. */
export const epochCeiling = 0xfe;

/** A place in the broker's log. Positions compare only within one partition and one epoch. */
export interface Position {
  readonly partition: number;
  /** The broker's own number (an offset, a sequence); absent where the broker has none. */
  readonly position?: number;
  /** Leader epoch under which the place was given out; absent where the broker has none or did not say. */
  readonly epoch?: number;
}

interface MessageRef {
  readonly producer: number;
  readonly seq: number;
}

/** A delivery as a consumer or the independent reader saw it. Flags as in `deliveryFlags`. */
export interface Delivery extends MessageRef, Position {
  readonly flags: number;
  /** The attempt that the message itself carries; 15 stands for 15 or more, 0 for not known. */
  readonly sendAttempt: number;
  /** From the send time in the message to the receipt, in microseconds, to 16 µs; saturates at 71 min. */
  readonly latencyUs: number;
}

export type EventBody =
  | (MessageRef & { kind: 'intended'; attempt: number; partition: number; sizeBytes: number })
  | (MessageRef &
      Partial<Position> & {
        kind: 'outcome';
        outcome: OutcomeName;
        attempt: number;
        latencyUs: number;
        /** Number of a name in the space `error`; only for degraded, rejected and unknown. */
        error?: number;
      })
  /** Its sender has contradicted its own answer: whatever was recorded of the message, nobody knows what became of it. */
  | (MessageRef & { kind: 'disowned' })
  /** The reader of the log knows messages by their places alone, and this one may stand at a place that nobody was told. */
  | (MessageRef & { kind: 'untraced' })
  | (Delivery & { kind: 'received'; group: number; session: number; attempt: number })
  | (Delivery & { kind: 'stored' })
  // of these three, `attempt` is the try that failed
  | (MessageRef & {
      kind: 'processingFailed';
      group: number;
      session: number;
      attempt: number;
      cause?: Exclude<FailureCause, 'processing'>;
    })
  | (MessageRef & { kind: 'redeliveryScheduled'; group: number; session: number; attempt: number; delayMs: number })
  | (MessageRef & { kind: 'deadLettered'; group: number; session: number; attempt: number })
  | (MessageRef & { kind: 'effect'; group: number; session: number; attempt: number; effect: EffectOutcome })
  /** Found in a group's dead letter topic when it was read at the end; `attempt` is the last try. */
  | (Delivery & { kind: 'dead'; group: number; attempt: number })
  | (MessageRef & { kind: 'held'; holding: HoldingName; group: number; count: number })
  /** Partition `none16`: of the group's retry topic. */
  | (Position & { kind: 'ack'; step: AckStep; group: number; session: number })
  | { kind: 'assigned'; assignment: Assignment; group: number; session: number; partition: number }
  /** Group `none8`, session `none16`: seen by the runner. */
  | { kind: 'store'; state: StoreState; group: number; session: number; detail: StoreDetail }
  | { kind: 'fault'; step: FaultStep; fault: number; detail: FaultDetail }
  | { kind: 'node'; state: NodeState; node: number; detail: Record<string, unknown> }
  | { kind: 'worker'; state: WorkerState; detail: WorkerDetail }
  | { kind: 'phase'; phase: Phase; detail: Record<string, unknown> }
  | { kind: 'drain'; step: DrainStep; ok: boolean; detail: DrainDetail }
  | { kind: 'read'; detail: ReadDetail }
  | { kind: 'mark'; mark: MarkName; records: number }
  | { kind: 'name'; space: NameSpace; id: number; text: string }
  | { kind: 'incident'; detail: IncidentDetail };

/** An event with its instant: nanoseconds of the monotonic clock since the run's base. */
export type Event = EventBody & { readonly atNs: number };

/** What a fault event says. `do` and `targets` are on every step; evidence is what proves the step. */
export interface FaultDetail {
  /** Name of the fault's entry in the plan, `f1`, `f2` …, with the repetition: `f2.3`. */
  readonly id: string;
  readonly do: string;
  readonly targets: readonly string[];
  /**
   * Why it fired now: `{ due: "40%", lateMessages: 4, elapsedMs: 3210, attempted: 8004 }`, or `lateMs` where it is due by
   * time. `attempted`: how many messages were tried by then.
   */
  readonly trigger?: Record<string, unknown>;
  /** Planned targets that were not there: the fault hit only the others. */
  readonly missing?: readonly string[];
  readonly evidence?: readonly Record<string, unknown>[];
  readonly error?: string;
  /** Of a cluster that stands on its own: the wall clock at this step, RFC 3339, to compare with somebody else's times. */
  readonly wall?: string;
}

/** `journal` is the worker's file name; `records` is what the file held when the worker's end was seen. */
export interface WorkerDetail {
  readonly name: string;
  readonly role: 'producer' | 'consumer' | 'reader';
  readonly journal: string;
  readonly pid?: number;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly records?: number;
  /** Of a worker of the user's own: its client library, as it says. */
  readonly client?: string;
  /** Of a worker of the user's own: why receipts may be missing from its journal, although it is closed. */
  readonly incomplete?: string;
  /** True when the worker finished what it was asked to do; false when it was killed, stopped or failed. */
  readonly finished?: boolean;
  readonly error?: string;
}

/**
 * Something that was not planned and that no other event says: a node or a worker ended by itself, the limit ran out,
 * the user interrupted, something could not be removed. A run with one is no pass.
 */
export interface IncidentDetail {
  readonly code:
    | 'node-ended'
    | 'worker-ended'
    | 'worker-misbehaved'
    | 'limit'
    | 'interrupted'
    | 'left-behind'
    | 'failed';
  /** One sentence, for the verdict's reasons. */
  readonly text: string;
}

/** `calls` and `connects` failed since the store was lost; absent when that has only begun, or there was no outage. */
export interface StoreDetail {
  /** What and where it is, without secrets: `postgres at 127.0.0.1:5432 (${PG_URL})`. */
  readonly store: string;
  /** Of `lost`: code of the trouble, as `store-unreachable`. */
  readonly why?: string;
  /** Calls that were handed over and got no answer. */
  readonly calls?: number;
  /** Connections that could not be made. */
  readonly connects?: number;
}

/** `group` is the number of the group that the step is about, where it is about one. */
export interface DrainDetail {
  readonly group?: number;
  readonly proof?: string;
  readonly [key: string]: unknown;
}

/**
 * The independent reader went through [from, to) of a partition. `complete`: from its first position to the end that
 * the broker reported, and the end was the same when asked again.
 */
export interface ReadDetail {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly complete: boolean;
  readonly reason?: string;
  /** What its owner calls it, where that is not its number. */
  readonly name?: string;
}
