import type { Entry, Tree } from './tree.ts';

/**
 * A profile over the one that it extends: maps are merged key by key, anything else is replaced, and a null takes the
 * key away. Places stay those of the file that a value comes from.
 */
export function merge(base: Tree, over: Tree): Tree {
  if (base.type !== 'map' || over.type !== 'map') return over;
  const entries = new Map<string, Entry>(base.entries);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key);
    if (below !== undefined && entry.value.type === 'scalar' && entry.value.value === null) entries.delete(key);
    else entries.set(key, below === undefined ? entry : { ...entry, value: merge(below.value, entry.value) });
  }
  return { ...over, entries };
}
