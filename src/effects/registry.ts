/** Stores and ways of idempotence, one line each. Client libraries are loaded by the store that is opened. */
import { ToolError } from '../errors.ts';
import { didYouMean, usualWordsOf } from '../suggest.ts';
import { mariadb } from './stores/mariadb.ts';
import { postgres } from './stores/postgres.ts';
import { redis } from './stores/redis.ts';
import { sqlite } from './stores/sqlite.ts';
import type { StoreType } from './stores/store.ts';
import { none } from './ways/none.ts';
import { primaryKey } from './ways/primary-key.ts';
import { redisId } from './ways/redis-id.ts';
import { redisSet } from './ways/redis-set.ts';
import { uniqueConstraint } from './ways/unique-constraint.ts';
import type { Form, Way } from './ways/way.ts';

export const stores: readonly StoreType[] = [sqlite, postgres, mariadb, redis];

export const ways: readonly Way[] = [none, primaryKey, uniqueConstraint, redisSet, redisId];

export function findStore(name: string): StoreType {
  return found(stores, name, 'store');
}

export function findWay(name: string): Way {
  return found(ways, name, 'way of idempotence');
}

/** Without a name: the right one. */
export function findForm(way: Way, name?: string): Form {
  return name === undefined ? way.forms[0] : found(way.forms, name, `form of ${way.name}`);
}

function found<T extends { readonly name: string; readonly alsoCalled?: readonly string[] }>(
  items: readonly T[],
  name: string,
  what: string,
): T {
  const item = items.find((one) => one.name === name);
  if (item !== undefined) return item;
  const names = items.map((one) => one.name);
  const hint = `one of: ${names.join(', ')}`;
  throw new ToolError(`there is no ${what} "${name}"${didYouMean(name, names, usualWordsOf(items))}`, {
    code: 'unknown-name',
    hint,
  });
}
