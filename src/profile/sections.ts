import { clusterSchema } from './cluster-schema.ts';
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
 * How many brokers such a file names; undefined when it attaches none, or says so in a way that is wrong: that is told where
 * it is laid over a profile. An address under `attach` may be another name of one under `control`, so the longer list counts.
 */
export function attachedBrokers(path: string, environment: Environment = process.env): number | undefined {
  const cluster = at(readSections(path), ['cluster']);
  const { data } = clusterSchema.safeParse(cluster && plain(fillIn(cluster, environment)));
  if (data?.broker !== 'kafka') return undefined;
  return Math.max(new Set(data.attach).size, data.control.length);
}
