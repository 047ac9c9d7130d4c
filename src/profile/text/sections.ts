import type { ClusterSettings } from '../../products/cluster.ts';
import { clusterSchema } from '../../products/formats.ts';
import { type Environment, fillIn } from './environment.ts';
import { findProfile } from './find.ts';
import { parseProfile } from './parse.ts';
import { profileError } from './problem.ts';
import { at, keyPlaceOf, plain, type Tree } from './tree.ts';

/** What depends on where a profile is run, not on what it asks. */
const sections = ['cluster', 'topic'];

/** The file that says where profiles are run, to be laid over any of them. Throws a ToolError for anything else in it. */
export function readSections(path: string): Tree {
  const { source, label } = findProfile(path);
  const tree = parseProfile(source, label);
  const keys = tree.type === 'map' ? [...tree.entries.keys()] : [];
  const others = keys.filter((key) => !sections.includes(key));
  if (others.length > 0) {
    const message = `only ${sections.join(' and ')} can be replaced; change other keys with --set`;
    throw profileError(others.map((key) => ({ place: keyPlaceOf(tree, [], key), path: [key], message })));
  }
  if (!keys.includes('cluster')) {
    throw profileError([{ place: { file: label }, path: ['cluster'], message: 'missing' }]);
  }
  return tree;
}

/**
 * The cluster that such a file names; undefined when it says so in a way that is wrong: that is told where it is laid over
 * a profile.
 */
export function clusterOf(path: string, environment: Environment = process.env): ClusterSettings | undefined {
  const cluster = at(readSections(path), ['cluster']);
  return clusterSchema.safeParse(cluster && plain(fillIn(cluster, environment))).data;
}
