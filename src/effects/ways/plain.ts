/** The effect with no guard at all: a row more, or a counter one higher, each time. */
import type { EffectMessage, Holding } from '../message.ts';
import type { CallOptions, RedisStore, Store } from '../stores/store.ts';
import { claim, effectKey, readEffects } from './keys.ts';
import { Rows } from './rows.ts';

export interface PlainEffect {
  prepare(options: CallOptions): Promise<void>;
  apply(message: EffectMessage, options: CallOptions): Promise<void>;
  read(options: CallOptions): AsyncIterable<Holding>;
}

export function plainEffect(store: Store): PlainEffect {
  return store.family === 'redis' ? counters(store) : rowsWithoutKey(new Rows(store, 'none'));
}

function rowsWithoutKey(rows: Rows): PlainEffect {
  return {
    prepare: (options) => rows.prepare(options),
    apply: async (message, options) => {
      await rows.insert(message, options);
    },
    read: (options) => rows.read(options),
  };
}

function counters(store: RedisStore): PlainEffect {
  return {
    prepare: (options) => claim(store, options),
    apply: async (message, options) => {
      await store.send(['INCR', effectKey(store, message)], options);
    },
    read: (options) => readEffects(store, Number, options),
  };
}
