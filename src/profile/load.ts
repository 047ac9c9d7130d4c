/**
 * From a reference to a profile: found, read, merged over what it extends, changed by `--set`, filled in from the
 * environment, held to the schema and checked for sense. Whatever is wrong is one ToolError with a line for each
 * problem, each with its place.
 */
import { adopt } from './adopt.ts';
import { checkProfile } from './check/check.ts';
import { draftOf, hiddenProblems, wholeDraft } from './check/draft.ts';
import { problemsOf } from './check/issues.ts';
import { type Profile, profileSchema } from './schema/schema.ts';
import { spellContract } from './text/contract-word.ts';
import { type Environment, tryToFillIn, unsetHint } from './text/environment.ts';
import { readWithBase } from './text/extends.ts';
import { findProfile } from './text/find.ts';
import { mergeOnCluster } from './text/merge.ts';
import { type Problem, profileError } from './text/problem.ts';
import { readSections } from './text/sections.ts';
import { applySet } from './text/set.ts';
import { pathText, plain, type Tree, without } from './text/tree.ts';

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
  return judge(tryToFillIn(set, environment), options.allowRemote ?? false);
}

function setAll(tree: Tree, set: readonly string[] = []): Tree {
  return set.reduce((changed, each) => spellContract(applySet(changed, each)), spellContract(tree));
}

function sectionsOf(over: string, ownTopic: boolean): Tree {
  const sections = readSections(over);
  return ownTopic ? without(sections, ['topic']) : sections;
}

/** @param unset what the environment lacks: what else is wrong with those values follows from it. */
function judge({ filled, problems: unset }: ReturnType<typeof tryToFillIn>, allowRemote: boolean): Profile {
  const tree = spellContract(filled);
  const parsed = profileSchema.safeParse(plain(tree));
  const draft = parsed.success ? wholeDraft(parsed.data) : draftOf(tree, parsed.error);
  const shape = parsed.success
    ? []
    : [...problemsOf(parsed.error, profileSchema, tree), ...hiddenProblems(tree, parsed.error)];
  const follows = ({ path }: Problem): boolean => unset.some((one) => pathText(one.path) === pathText(path));
  const found = [...shape, ...checkProfile(draft, tree, allowRemote)].filter((problem) => !follows(problem));
  if (unset.length > 0) throw profileError([...unset, ...found], unsetHint);
  if (found.length > 0 || !parsed.success) throw profileError(found);
  const profile = parsed.data;
  const { cluster } = profile;
  return cluster.attach !== undefined && allowRemote ? { ...profile, cluster: { ...cluster, allowRemote } } : profile;
}
