/**
 * A profile while it is put together: values that still know where they were written, so that an error points there
 * after files were merged, keys were set on the command line and variables were filled in.
 */
export type Place =
  | { readonly file: string; readonly line: number; readonly column: number }
  | { readonly set: string };

export type Tree = Scalar | List | MapTree;

export interface Scalar {
  readonly type: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** Written without quotes: what a variable puts in may be a number or a truth value. */
  readonly plain: boolean;
}

interface List {
  readonly type: 'list';
  readonly place: Place;
  readonly items: readonly Tree[];
}

interface MapTree {
  readonly type: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly keyPlace: Place;
  readonly value: Tree;
}

export type Path = readonly (string | number)[];

/** `profile.yaml:14:7`, or `--set faults.0.for=3`. */
export function placeText(place: Place): string {
  return 'set' in place ? `--set ${place.set}` : `${place.file}:${place.line}:${place.column}`;
}

/** `faults[1].do`. */
export function pathText(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
}

/** The plain value, as JSON would hold it. */
export function plain(tree: Tree): unknown {
  if (tree.type === 'scalar') return tree.value;
  if (tree.type === 'list') return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.value)]));
}

export function at(tree: Tree, path: Path): Tree | undefined {
  return path.reduce<Tree | undefined>((node, part) => node && childOf(node, part), tree);
}

/** Where a value was written; of a missing one, where the innermost thing around it was. */
export function placeOf(tree: Tree, path: Path): Place {
  let place = tree.place;
  let node: Tree | undefined = tree;
  for (const part of path) {
    const child: Tree | undefined = childOf(node, part);
    if (child === undefined) return place;
    // A map or list begins at its key: that is where one looks for it.
    const key = node.type === 'map' ? node.entries.get(String(part))?.keyPlace : undefined;
    place = child.type === 'scalar' ? child.place : (key ?? child.place);
    node = child;
  }
  return place;
}

/** Where a key was written. */
export function keyPlaceOf(tree: Tree, path: Path, key: string): Place {
  const node = at(tree, path);
  return (node?.type === 'map' ? node.entries.get(key)?.keyPlace : undefined) ?? placeOf(tree, path);
}

/** The tree with every scalar replaced. */
export function mapScalars(tree: Tree, change: (scalar: Scalar, path: Path) => Tree, path: Path = []): Tree {
  if (tree.type === 'scalar') return change(tree, path);
  if (tree.type === 'list') {
    return { ...tree, items: tree.items.map((item, i) => mapScalars(item, change, [...path, i])) };
  }
  const entries = [...tree.entries].map(([key, entry]): [string, Entry] => [
    key,
    { ...entry, value: mapScalars(entry.value, change, [...path, key]) },
  ]);
  return { ...tree, entries: new Map(entries) };
}

/** The tree without a key. */
export function without(tree: Tree, path: Path): Tree {
  const [part, ...rest] = path;
  if (tree.type === 'list') {
    return { ...tree, items: tree.items.map((item, i) => (i === part ? without(item, rest) : item)) };
  }
  if (tree.type === 'scalar' || part === undefined) return tree;
  const entries = new Map(tree.entries);
  const entry = entries.get(String(part));
  if (rest.length === 0 || entry === undefined) entries.delete(String(part));
  else entries.set(String(part), { ...entry, value: without(entry.value, rest) });
  return { ...tree, entries };
}

function childOf(tree: Tree, part: string | number): Tree | undefined {
  if (tree.type === 'map') return tree.entries.get(String(part))?.value;
  return tree.type === 'list' && typeof part === 'number' ? tree.items[part] : undefined;
}
