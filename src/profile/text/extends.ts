import { profileVersion } from '../schema/schema.ts';
import { spellContract } from './contract-word.ts';
import { type Environment, fillScalar } from './environment.ts';
import { findProfile, type ProfileFile } from './find.ts';
import { merge } from './merge.ts';
import { parseProfile } from './parse.ts';
import { type Problem, profileError } from './problem.ts';
import { at, placeOf, type Tree } from './tree.ts';

/** A file as a tree, merged over what it extends. Throws a ToolError for files that cannot be read, and for circles. */
export function readWithBase(file: ProfileFile, environment: Environment, seen: readonly string[] = []): Tree {
  const tree = parseProfile(file.source, file.label);
  checkVersion(tree);
  const base = at(tree, ['extends']);
  if (base === undefined || tree.type !== 'map') return tree;
  const place = placeOf(tree, ['extends']);
  const fail = (message: string): never => {
    throw profileError([{ place, path: ['extends'], message }]);
  };
  if (base.type !== 'scalar') return fail('expected the path of a profile, or the name of a bundled one');
  const filled = fillScalar(base, environment, fail);
  const ref = filled.type === 'scalar' && typeof filled.value === 'string' ? filled.value : '';
  if (ref === '') return fail('expected the path of a profile, or the name of a bundled one');
  const chain = [...seen, file.path];
  const found = findBase(ref, file, fail);
  if (chain.includes(found.path)) return fail(`goes round in a circle: ${[...chain, found.path].join(' → ')}`);
  const entries = new Map(tree.entries);
  entries.delete('extends');
  return merge(spellContract(readWithBase(found, environment, chain)), { ...tree, entries });
}

function findBase(ref: string, from: ProfileFile, fail: (message: string) => never): ProfileFile {
  try {
    return findProfile(ref, from);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** Before anything else: of another version nothing else can be judged. */
function checkVersion(tree: Tree): void {
  const version = at(tree, ['version']);
  const problem = (message: string): Problem => ({ place: placeOf(tree, ['version']), path: ['version'], message });
  if (version === undefined) throw profileError([problem(`missing; expected ${profileVersion}`)]);
  const value = version.type === 'scalar' ? version.value : undefined;
  if (value === profileVersion) return;
  if (typeof value !== 'number') throw profileError([problem(`expected ${profileVersion}`)]);
  throw profileError(
    [problem(`this is a profile of version ${value}; this mqchaos reads version ${profileVersion}`)],
    'use the mqchaos that the profile was written for, or bring it to this version: docs/profile.md',
  );
}
