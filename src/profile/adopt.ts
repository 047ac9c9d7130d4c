/** Puts a profile on another product, with that product's defaults (`--broker`). */
import type { ClusterSettings } from '../products/cluster.ts';
import { clusterSchema } from '../products/formats.ts';
import type { Adopted, Product } from '../products/product.ts';
import { nodesOf, productOf } from '../products/registry.ts';
import { durationBound, spell } from './schema/units.ts';
import { mergeOnCluster } from './text/merge.ts';
import { parseProfile } from './text/parse.ts';
import { type Problem, profileError } from './text/problem.ts';
import { at, keyPlaceOf, mapScalars, plain, type Tree, without } from './text/tree.ts';

/** What a product's own defaults decide: how many nodes there are. */
const layoutKeys = ['masters', 'slaves', 'nodes', 'replicas'];
/** Where a product is on this machine says nothing of another one. */
const ownKeys = ['broker', 'home'];

/**
 * The profile with that product's cluster instead of its own. Keys that mean the same there are kept; names of nodes become
 * those of the nodes in their place.
 * @throws ToolError (exit 2) for an unknown product, and for keys that mean nothing on it.
 */
export function adopt(tree: Tree, broker: string): Tree {
  const product = productOf(broker);
  const section = at(tree, ['cluster']);
  const given = section === undefined ? {} : (plain(section) as Record<string, unknown>);
  if (given.broker === broker) return tree;
  if ('attach' in given) throw profileError([attachedProblem(tree)]);
  const { volume, ...own } = transferable(given); // the same on every product
  const { keys, refused } = adopted(product, own);
  if (refused.length > 0) throw profileError(refused.map((key) => problemOf(tree, key, product)));
  const cluster = parseProfile(
    JSON.stringify({ cluster: { broker, ...keys, ...(volume === undefined ? {} : { volume }) } }),
    `--broker ${broker}`,
  );
  const bare = product.can.partitions === undefined ? without(tree, ['topic']) : tree;
  const patient = withRecovery(mergeOnCluster(bare, cluster), product);
  return renamed(patient, given as unknown as ClusterSettings, clusterAt(cluster));
}

function adopted(product: Product, given: Readonly<Record<string, unknown>>): Adopted {
  if (product.adopt !== undefined) return product.adopt(given);
  const known = (key: string): boolean => key in product.format.profile.shape;
  const entries = Object.entries(given);
  return {
    keys: Object.fromEntries(entries.filter(([key]) => known(key))),
    refused: entries.flatMap(([key]) => (known(key) || layoutKeys.includes(key) ? [] : [key])),
  };
}

function transferable(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([key]) => !ownKeys.includes(key)));
}

function attachedProblem(tree: Tree): Problem {
  const message = 'names a cluster that is there already, and --broker starts one of its own; leave --broker out';
  return { place: keyPlaceOf(tree, ['cluster'], 'attach'), path: ['cluster', 'attach'], message };
}

function problemOf(tree: Tree, key: string, { title, name }: Product): Problem {
  const message = `means nothing on ${title}; choose a profile without it, or write one for ${name}: docs/${name}.md`;
  return { place: keyPlaceOf(tree, ['cluster'], key), path: ['cluster', key], message };
}

/** How soon a broker is back is its own business: a bound that was meant for another is as long as is usual here. */
function withRecovery(tree: Tree, { can }: Product): Tree {
  const written = at(tree, ['expect', 'recovery']);
  const boundMs = durationBound().safeParse(written?.type === 'scalar' ? written.value : undefined).data;
  if (boundMs === undefined || boundMs >= can.recoveryMs) return tree;
  return mapScalars(tree, (scalar, path) =>
    path.length === 2 && path[0] === 'expect' && path[1] === 'recovery'
      ? { ...scalar, value: `<${spell(can.recoveryMs)}` }
      : scalar,
  );
}

function clusterAt(tree: Tree): ClusterSettings | undefined {
  const section = at(tree, ['cluster']);
  return clusterSchema.safeParse(section && plain(section)).data;
}

/** Names under `faults.*.target`: the first broker of the one cluster is the first of the other. */
function renamed(tree: Tree, before: ClusterSettings, after: ClusterSettings | undefined): Tree {
  const old = clusterSchema.safeParse(before).data;
  if (old === undefined || after === undefined) return tree;
  const names = new Map<string, string>();
  for (const slaves of [true, false]) {
    const named = (cluster: ClusterSettings): string[] =>
      nodesOf(cluster).flatMap(({ id, role }) =>
        (slaves ? role === 'slave' : role === 'master' || role === 'node') ? [id] : [],
      );
    const there = named(after);
    for (const [index, id] of named(old).entries()) names.set(id, there[index] ?? id);
  }
  return mapScalars(tree, (scalar, path) => {
    const isTarget = path[0] === 'faults' && path[2] === 'target';
    return isTarget && typeof scalar.value === 'string'
      ? { ...scalar, value: names.get(scalar.value) ?? scalar.value }
      : scalar;
  });
}
