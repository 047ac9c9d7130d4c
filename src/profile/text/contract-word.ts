import type { Entry, Tree } from './tree.ts';

/** `expect: contract` as the map that it is short for, so that keys can be put beside it. */
export function spellContract(tree: Tree): Tree {
  const expect = tree.type === 'map' ? tree.entries.get('expect') : undefined;
  if (tree.type !== 'map' || expect?.value.type !== 'scalar' || expect.value.value !== 'contract') return tree;
  const { keyPlace, value } = expect;
  const contract: Entry = { keyPlace, value: { ...value, value: true } };
  const map: Tree = { type: 'map', place: value.place, entries: new Map([['contract', contract]]) };
  return { ...tree, entries: new Map([...tree.entries, ['expect', { keyPlace, value: map }]]) };
}
