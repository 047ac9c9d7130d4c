import { at, type Entry, type Tree, without } from './tree.ts';

/**
 * A profile over the one that it extends: maps are merged key by key, anything else is replaced, and a null takes the
 * key away. A map that names another broker is another kind of map: it replaces the one below. Places stay those of the
 * file that a value comes from.
 */
export function merge(base: Tree, over: Tree): Tree {
  if (base.type !== 'map' || over.type !== 'map' || isAnotherBroker(base, over)) return over;
  const entries = new Map<string, Entry>(base.entries);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key);
    if (below !== undefined && entry.value.type === 'scalar' && entry.value.value === null) entries.delete(key);
    else entries.set(key, below === undefined ? entry : { ...entry, value: merge(below.value, entry.value) });
  }
  return { ...over, entries };
}

/** As `merge`, but a cluster takes the place of the one below as a whole: no key of that is about this one. */
export function mergeOnCluster(base: Tree, over: Tree): Tree {
  return merge(at(over, ['cluster']) === undefined ? base : without(base, ['cluster']), over);
}

function isAnotherBroker(base: Tree, over: Tree): boolean {
  const broker = scalarAt(over, 'broker');
  return broker !== undefined && broker !== scalarAt(base, 'broker');
}

function scalarAt(tree: Tree, key: string): unknown {
  const value = tree.type === 'map' ? tree.entries.get(key)?.value : undefined;
  return value?.type === 'scalar' ? value.value : undefined;
}
