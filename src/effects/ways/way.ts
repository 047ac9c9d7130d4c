/**
 * A way of idempotence and its forms. The effect is the same in all of them for one family of store (SQL: a row that is
 * inserted; Redis: a counter that goes up, or a key that is set); what differs is the guard. The first form of a way is the right one; the
 * others are mistakes that are made in earnest, each with the harm it must show.
 */
import type { EffectOutcome } from '../../journal/event.ts';
import type { EffectMessage, Holding } from '../message.ts';
import type { Visit } from '../points.ts';
import type { CallOptions, Family, RedisStore, Store } from '../stores/store.ts';

/** What a wrong form does, in the words of the audit. */
export type Harm = 'duplicate-effect' | 'unprocessed' | 'stale-overwrite';

export interface Way {
  readonly name: string;
  /** What it is usually called elsewhere, in lower case with dashes: an error suggests the name. */
  readonly alsoCalled?: readonly string[];
  readonly summary: string;
  readonly forms: readonly [Form, ...Form[]];
}

export interface Form {
  readonly name: string;
  readonly summary: string;
  /** What it must show under the fault that is named in the summary; none: it is sound. */
  readonly harms: readonly Harm[];
  /** Families that the effect may be in. */
  readonly families: readonly Family[];
  /** `same`: ids are beside the effect, in its Redis. `any`: in a Redis; the effect's own where no other is given. */
  readonly ids?: 'same' | 'any';
  /** Ids are kept for so long only: the setting `expireMs` is needed. */
  readonly expires?: true;
  /** Messages need a place in the broker's log. */
  readonly places?: true;
  /** Messages share keys: the store holds the latest of each only. */
  readonly sharesKeys?: true;
  open(parts: Parts): Guard;
}

export interface Parts {
  readonly store: Store;
  /** Where ids are recorded; the effect's own store unless another was given. */
  readonly ids?: RedisStore;
  readonly expireMs?: number;
}

export interface Guard {
  /** Makes what is needed under our name. Nothing of that name may be there. */
  prepare(options: CallOptions): Promise<void>;
  /**
   * Processes a message to its effect. `applied`: the store answered that it changed; `absorbed`: it answered that the
   * effect was there. Anything else is thrown.
   */
  apply(message: EffectMessage, visit: Visit, options: CallOptions): Promise<EffectOutcome>;
  /** All that is there, with bounded memory (a bit for each message). */
  read(options: CallOptions): AsyncIterable<Holding>;
}
