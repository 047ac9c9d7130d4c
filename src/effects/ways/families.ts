/** A form is opened only with a store of a family that it names: `checkEffects` has said so before. */
import type { RedisStore, SqlStore, Store } from '../stores/store.ts';

export function sqlOf(store: Store): SqlStore {
  if (store.family !== 'sql') throw new Error(`${store.place} is no SQL store`);
  return store;
}

export function redisOf(store: Store): RedisStore {
  if (store.family !== 'redis') throw new Error(`${store.place} is no Redis`);
  return store;
}
