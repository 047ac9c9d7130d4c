/**
 * What is understood of a profile in which something is wrong, so that one mistake hides no other. Nothing is guessed: a
 * check sees a section that is right but for unknown keys, or none. Targets of faults are held against every set-up that may
 * be meant.
 */

import { z } from 'zod';
import { storeIds } from '../../audit/class.ts';
import { suggestions } from '../../suggest.ts';
import { commonSchema, targetSchema } from '../schema/fault.ts';
import { type Profile, profileSchema } from '../schema/schema.ts';
import type { SetUp } from '../targets.ts';

import type { Problem } from '../text/problem.ts';
import { at, type Path, plain, type Tree, without } from '../text/tree.ts';
import type { Draft } from './check.ts';
import { bare, keysOf, problemsOf, schemaAt, usualOf } from './issues.ts';

type Target = z.output<typeof targetSchema>;

/** More values than a wrong key has to choose from are not tried out. */
const mostVariants = 32;
const mostLooks = 100;

/** Of a profile, or of so much of one, in which all was understood. */
export function wholeDraft(
  profile: SetUp & Pick<Profile, 'faults'> & Partial<Pick<Profile, 'expect' | 'limit'>>,
): Draft {
  const { expect, limit } = profile;
  return { ...profile, expect, limit, targets: profile.faults.map(({ target }) => target), setUps: [profile] };
}

/** The sections that are right but for unknown keys. */
export function draftOf(tree: Tree, error: z.ZodError): Draft {
  const known = withoutUnknownKeys(tree, error);
  const value = (key: string): unknown => {
    const section = at(known, [key]);
    return section && plain(section);
  };
  const { setUps, unsure } = aims(tree);
  const { shape } = profileSchema;
  const entry = shape.faults.unwrap().element;
  const written = value('faults');
  const items = (Array.isArray(written) ? written : []) as ({ readonly target?: unknown } | null | undefined)[];
  return {
    cluster: shape.cluster.safeParse(value('cluster')).data,
    topic: shape.topic.safeParse(value('topic')).data,
    producers: shape.producers.safeParse(value('producers')).data,
    consumers: shape.consumers.safeParse(value('consumers')).data,
    faults: items.map((item) => entry.safeParse(item).data),
    targets: items.map((item) => {
      const target = targetSchema.safeParse(item?.target).data;
      return target === undefined || unsure(target) ? undefined : target;
    }),
    expect: shape.expect.safeParse(value('expect')).data,
    limit: shape.limit.safeParse(value('limit')).data,
    setUps,
  };
}

/** What is wrong in the entries of faults that there are not: a schema looks no further than at `do`. */
export function hiddenProblems(tree: Tree, error: z.ZodError): Problem[] {
  const schema = z.looseObject({ faults: z.array(commonSchema) });
  const nameless = new Set(error.issues.flatMap(({ code, path }) => (code === 'invalid_union' ? [path[1]] : [])));
  const { error: common } = schema.safeParse(plain(tree));
  if (common === undefined) return [];
  return problemsOf(common, schema, tree).filter(({ path }) => path.length > 2 && nameless.has(path[1]));
}

function withoutUnknownKeys(tree: Tree, error: z.ZodError): Tree {
  return error.issues.reduce((left, issue) => {
    if (issue.code !== 'unrecognized_keys') return left;
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    return issue.keys.reduce((rest, key) => without(rest, [...path, key]), left);
  }, tree);
}

/** Keys that decide how many workers there are: while one is wrong, nothing is known of any target. */
const countKeys = ['producers.count', 'consumers.count', 'consumers.groups'];

/** Whom faults can be aimed at, and what is wrong in the sections that decide it. */
function aims(tree: Tree): { readonly setUps: readonly SetUp[]; readonly unsure: (target: Target) => boolean } {
  const topic = repaired('topic', tree);
  const producers = repaired('producers', tree);
  const consumers = repaired('consumers', tree);
  const nothing = { setUps: [], unsure: () => true };
  if (topic === undefined || producers === undefined || consumers === undefined) return nothing;
  const wrong = [topic, producers, consumers].flatMap((section) => section.wrong.map((path) => path.join('.')));
  const isWrong = (key: string): boolean => wrong.some((path) => path === key || path.startsWith(`${key}.`));
  if (countKeys.some(isWrong)) return nothing;
  const others = { topic: topic.value, producers: producers.value, consumers: consumers.value };
  return {
    setUps: clustersOf(tree).map((cluster) => ({ cluster, ...others })),
    unsure: (target) =>
      typeof target === 'object' && 'leader' in target
        ? isWrong('topic.partitions')
        : storeIds.some((id) => id === target) && isWrong('consumers.effect'),
  };
}

interface Repaired<K extends keyof Profile> {
  readonly value: Profile[K];
  /** Without what is wrong. */
  readonly tree: Tree;
  /** What was wrong, from the root of the profile. Unknown keys are in it if they were meant for another. */
  readonly wrong: readonly Path[];
}

/** The section with the defaults for what is wrong in it; undefined when it cannot be read without that. */
function repaired<K extends keyof Profile>(key: K, tree: Tree): Repaired<K> | undefined {
  const schema: z.ZodType = profileSchema.shape[key];
  const wrong: Path[] = [];
  let left = tree;
  // each time something goes, and what is behind it can be looked at
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const section = at(left, [key]);
    const parsed = schema.safeParse(section && plain(section));
    if (parsed.success) return { value: parsed.data as Profile[K], tree: left, wrong };
    const found = parsed.error.issues.flatMap((issue) => wrongPaths(issue, key, left));
    if (found.some(({ remove }) => remove.length < 2)) return undefined;
    for (const { remove, meant } of found) {
      left = without(left, remove);
      if (meant !== undefined) wrong.push(meant);
    }
  }
  return undefined;
}

/** What to take away, so that it is no longer wrong, and what was meant to be there. Less than two parts: the whole section. */
function wrongPaths(issue: z.core.$ZodIssue, key: string, tree: Tree): { remove: Path; meant?: Path | undefined }[] {
  const path = [key, ...issue.path.filter((part) => typeof part !== 'symbol')];
  if (issue.code === 'unrecognized_keys') {
    const schema = schemaAt(profileSchema, path, tree);
    return issue.keys.map((name) => {
      const [meant] = suggestions(name, keysOf(schema), usualOf(schema));
      return { remove: [...path, name], meant: meant === undefined ? undefined : [...path, meant] };
    });
  }
  // an item of a list cannot be taken away alone, and what is missing goes with the map around it
  const there = at(tree, path) === undefined ? path.slice(0, -1) : path;
  const end = there.findLastIndex((part) => typeof part === 'string');
  const remove = there.slice(0, end + 1);
  return [{ remove, meant: remove }];
}

/** Every cluster that may be meant. A wrong key that takes one of a few words may be any of them; another one, anything. */
function clustersOf(tree: Tree): Profile['cluster'][] {
  const section = repaired('cluster', tree);
  if (section === undefined) return [];
  let variants: Record<string, unknown>[] = [plain(at(section.tree, ['cluster']) as Tree) as Record<string, unknown>];
  for (const path of section.wrong) {
    const schema = schemaAt(profileSchema, path, section.tree);
    const values = schema === undefined || path.length !== 2 ? undefined : valuesOf(schema);
    if (values === undefined || values.length * variants.length > mostVariants) return [];
    variants = variants.flatMap((cluster) => values.map((value) => ({ ...cluster, [String(path[1])]: value })));
  }
  return variants.flatMap((cluster) => {
    const { success, data } = profileSchema.shape.cluster.safeParse(cluster);
    return success ? [data] : [];
  });
}

function valuesOf(schema: z.ZodType): readonly unknown[] | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodBoolean) return [true, false];
  return inner instanceof z.ZodEnum ? inner.options : undefined;
}
