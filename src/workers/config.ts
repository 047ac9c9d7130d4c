/** What the runner tells a worker, and what a worker tells the runner. Sent as messages, so secrets touch no disk. */

import type { EffectAccess } from '../effects/effects.ts';
import type { Stop } from '../effects/points.ts';
import type { EffectSettings } from '../effects/settings.ts';
import type { JournalHeader } from '../journal/header.ts';
import type { FailingPlan, ProducersPlan } from '../plan/plan.ts';
import type { Channel } from '../products/channel.ts';
import type { BrokerAccess } from '../products/driver.ts';

export interface WorkerConfig {
  /** `p1.1`: worker p1 in its first incarnation. */
  readonly name: string;
  readonly journal: string;
  readonly header: JournalHeader;
  /** Name of the product. */
  readonly driver: string;
  readonly access: BrokerAccess;
  readonly channel: Channel;
  readonly seed: number;
  /** Absent: a worker of ours. */
  readonly own?: OwnCommandConfig;
  readonly work: ProducerWork | ConsumerWork | ReaderWork;
}

/** A worker of the user's own: a command that talks by docs/workers.md. */
export interface OwnCommandConfig {
  /** Program and arguments; no shell. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** How its client reaches the brokers, in their own words. */
  readonly connection: Readonly<Record<string, string>>;
  /** Added to its environment: secrets. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ProducerWork extends ProducersPlan {
  readonly role: 'producer';
  /** Incarnation number; the first 16 bits of every message's identity. */
  readonly producer: number;
}

export interface ConsumerWork {
  readonly role: 'consumer';
  readonly group: string;
  readonly groupNumber: number;
  /** Number of this consumer's session, unique in the run. */
  readonly session: number;
  readonly sessionTimeoutMs: number;
  /** When a batch is acknowledged: once it is processed, or before. */
  readonly commit: 'after' | 'before';
  /** How processing fails, beside what fails by itself; absent: it does not. */
  readonly failing?: FailingPlan;
  /** Absent: what failed is given back to the broker, and comes again without end. */
  readonly redelivery?: RedeliveryWork;
  /** Absent: processing has no effect. */
  readonly effect?: { readonly settings: EffectSettings; readonly access: EffectAccess };
}

export type RedeliveryWork = RedeliveryByCopies | RedeliveryByBroker;

/** What failed goes to the retry topic of its group, and after its last try to the dead letter topic. */
export interface RedeliveryByCopies {
  readonly by: 'copies';
  /** After the first try. */
  readonly attempts: number;
  readonly delayMs: number;
  readonly retry: Channel;
  /** The group in which the consumers of this group read the retry topic. */
  readonly retryGroup: string;
  /** Absent: after the last try the message is dropped. */
  readonly dead?: Channel;
}

/** What failed is given back: the broker counts its tries, and knows where it goes after the last. */
export interface RedeliveryByBroker {
  readonly by: 'broker';
  readonly delayMs: number;
}

export interface ReaderWork {
  readonly role: 'reader';
  readonly group: string;
}

export type ToWorker =
  | { readonly type: 'config'; readonly config: WorkerConfig }
  /** Begin: all workers of the run are ready. */
  | { readonly type: 'go' }
  /** A consumer is to stand still at that place, and to say so when it does. */
  | ({ readonly type: 'stand' } & Stop)
  /** No place is asked for any more. */
  | { readonly type: 'go on' }
  /** End soon: settle what is in flight, begin nothing new. */
  | { readonly type: 'stop' };

export type FromWorker =
  /** `client`: the client library of the user's command, as it says. */
  | { readonly type: 'ready'; readonly client?: string }
  /** A consumer has joined its group. */
  | { readonly type: 'assigned' }
  /** `atMs`: by the machine's monotonic clock, when they were true. */
  | { readonly type: 'counters'; readonly counters: Counters; readonly atMs: number }
  /** Nothing more happens until the runner says so; `message`: what it was about. */
  | { readonly type: 'standing'; readonly message?: string }
  /** The command of the user's runs as this process, which leads a group of its own. */
  | { readonly type: 'command'; readonly pid: number }
  /** That command did what no right worker does. `lost`: what it was to say is not known. */
  | { readonly type: 'complaint'; readonly text: string; readonly lost: boolean }
  /** `command`: how the command of the user's has ended. */
  | { readonly type: 'done'; readonly finished: boolean; readonly counters: Counters; readonly command?: CommandEnd }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly hint?: string };

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** It ended without the worker's having told it to; how, in words. */
  readonly early?: string;
}

export interface Counters {
  /** First attempts, which is the number of messages begun. */
  readonly attempted: number;
  readonly acked: number;
  /** Messages that ended without an acknowledgement. */
  readonly failed: number;
  readonly retried: number;
  /** Attempts without an answer: whether they were stored is not known. */
  readonly unknown: number;
  readonly received: number;
  /** Batches that a consumer is at. */
  readonly inHand: number;
}

export const noCounters: Counters = {
  attempted: 0,
  acked: 0,
  failed: 0,
  retried: 0,
  unknown: 0,
  received: 0,
  inHand: 0,
};
