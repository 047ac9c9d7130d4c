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
  readonly work: ProducerWork | ConsumerWork | ReaderWork;
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
  | { readonly type: 'ready' }
  /** A consumer has joined its group. */
  | { readonly type: 'assigned' }
  /** `atMs`: by the machine's monotonic clock, when they were true. */
  | { readonly type: 'counters'; readonly counters: Counters; readonly atMs: number }
  /** Nothing more happens until the runner says so; `message`: what it was about. */
  | { readonly type: 'standing'; readonly message?: string }
  | { readonly type: 'done'; readonly finished: boolean; readonly counters: Counters }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly hint?: string };

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
