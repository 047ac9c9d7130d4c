import { merge } from './merge.ts';
import { parseValue } from './parse.ts';
import { profileError } from './problem.ts';
import type { Entry, Path, Place, Tree } from './tree.ts';

/**
 * The profile with one key changed from the command line: `faults.0.for=3s`. The value is read as YAML; a map is merged
 * into what is there and nothing (`producers.window=`) takes the key away.
 */
export function applySet(tree: Tree, assignment: string): Tree {
  const [, target = '', source = ''] = /^([^=\s]+)=(.*)$/s.exec(assignment) ?? [];
  // What might be a secret is not repeated in an error.
  const place: Place = { set: maySecret.test(target) ? `${target}=…` : assignment };
  const path = target.replace(/\[(\d+)\]/g, '.$1').split('.');
  if (target === '' || path.includes('')) {
    throw profileError([{ place, path: [], message: 'expected key=value, such as producers.rate=500/s' }]);
  }
  return replaced(tree, path, parseValue(source, place), place, []);
}

const maySecret = /^(cluster(\.(sasl|tls)\b|$)|consumers(\.effect\b|$))/;

function replaced(tree: Tree | undefined, path: readonly string[], value: Tree, place: Place, above: Path): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return tree === undefined ? value : merge(tree, value);
  if (tree?.type === 'list') {
    const index = Number(key);
    if (!/^\d+$/.test(key) || index >= tree.items.length) {
      const message = `no entry ${key}: the list has ${tree.items.length}, counted from 0`;
      throw profileError([{ place, path: above, message }]);
    }
    const items = tree.items.map((item, i) => (i === index ? replaced(item, rest, value, place, [...above, i]) : item));
    return { ...tree, items };
  }
  if (tree?.type === 'scalar' && tree.value !== null) {
    throw profileError([{ place, path: above, message: `is a single value and has no key '${key}'` }]);
  }
  const below = tree?.type === 'map' ? tree.entries.get(key)?.value : undefined;
  const entries = new Map<string, Entry>(tree?.type === 'map' ? tree.entries : []);
  const child = replaced(below, rest, value, place, [...above, key]);
  if (rest.length === 0 && child.type === 'scalar' && child.value === null) entries.delete(key);
  else entries.set(key, { keyPlace: place, value: child });
  return { type: 'map', place: tree?.place ?? place, entries };
}
