/**
 * From a reference to a profile: found, read, merged over what it extends, changed by `--set`, filled in from the
 * environment, held to the schema and checked for sense. Whatever is wrong is one ToolError with a line for each
 * problem, each with its place.
 */
import type { z } from 'zod';
import { adopt } from './adopt.ts';
import { checkProfile, type Draft } from './check.ts';
import { spellContract } from './contract-word.ts';
import { type Environment, fillIn } from './environment.ts';
import { readWithBase } from './extends.ts';
import { findProfile } from './find.ts';
import { problemsOf } from './issues.ts';
import { mergeOnCluster } from './merge.ts';
import { profileError } from './problem.ts';
import { type Profile, profileSchema } from './schema.ts';
import { readSections } from './sections.ts';
import { applySet } from './set.ts';
import { at, plain, type Tree, without } from './tree.ts';

export interface LoadOptions {
  /** `key=value`, applied before `over`. */
  readonly defaults?: readonly string[];
  /** A file with `cluster`, in place of the profile's own, and `topic`, laid over it; before `set`. */
  readonly over?: string;
  /** What `over` says of the topic is left out: the profile's own is a part of what it asks. */
  readonly ownTopic?: boolean;
  /** A product that the profile is put on, before `set`. */
  readonly broker?: string;
  /** `key=value`, applied in this order. */
  readonly set?: readonly string[];
  /** Default: the environment of this process. */
  readonly env?: Environment;
  /** Allows addresses that are not of this machine, as `cluster.allowRemote` does. */
  readonly allowRemote?: boolean;
}

/** Throws a ToolError of exit code 2. */
export function loadProfile(ref: string, options: LoadOptions = {}): Profile {
  const environment = options.env ?? process.env;
  const read = setAll(readWithBase(findProfile(ref), environment), options.defaults);
  const laid =
    options.over === undefined ? read : mergeOnCluster(read, sectionsOf(options.over, options.ownTopic ?? false));
  const placed = options.broker === undefined ? laid : adopt(laid, options.broker);
  const set = setAll(placed, options.set);
  return judge(spellContract(fillIn(set, environment)), options.allowRemote ?? false);
}

function setAll(tree: Tree, set: readonly string[] = []): Tree {
  return set.reduce((changed, each) => spellContract(applySet(changed, each)), spellContract(tree));
}

function sectionsOf(over: string, ownTopic: boolean): Tree {
  const sections = readSections(over);
  return ownTopic ? without(sections, ['topic']) : sections;
}

function judge(tree: Tree, allowRemote: boolean): Profile {
  const parsed = profileSchema.safeParse(plain(tree));
  const shape = parsed.success ? [] : problemsOf(parsed.error, profileSchema, tree);
  const draft = parsed.success ? parsed.data : draftOf(tree, parsed.error);
  const problems = [...shape, ...checkProfile(draft, tree, allowRemote)];
  if (problems.length > 0 || !parsed.success) throw profileError(problems);
  const profile = parsed.data;
  const { cluster } = profile;
  return cluster.attach !== undefined && allowRemote ? { ...profile, cluster: { ...cluster, allowRemote } } : profile;
}

/** The sections that are right but for unknown keys, so that one mistake does not hide those in the rest of the file. */
function draftOf(tree: Tree, error: z.ZodError): Draft {
  const known = withoutUnknownKeys(tree, error);
  const value = (key: string): unknown => {
    const section = at(known, [key]);
    return section && plain(section);
  };
  const { shape } = profileSchema;
  const entry = shape.faults.unwrap().element;
  const written = value('faults');
  return {
    cluster: shape.cluster.safeParse(value('cluster')).data,
    topic: shape.topic.safeParse(value('topic')).data,
    producers: shape.producers.safeParse(value('producers')).data,
    consumers: shape.consumers.safeParse(value('consumers')).data,
    faults: Array.isArray(written) ? written.map((item) => entry.safeParse(item).data) : [],
    expect: shape.expect.safeParse(value('expect')).data,
    limit: shape.limit.safeParse(value('limit')).data,
  };
}

function withoutUnknownKeys(tree: Tree, error: z.ZodError): Tree {
  return error.issues.reduce((left, issue) => {
    if (issue.code !== 'unrecognized_keys') return left;
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    return issue.keys.reduce((rest, key) => without(rest, [...path, key]), left);
  }, tree);
}
