/** What zod finds wrong, as problems with a place and a hint. */
import { z } from 'zod';
import { products } from '../../products/registry.ts';
import { didYouMean, suggestions, type UsualWords } from '../../suggest.ts';
import { faultsThatTake } from '../schema/fault.ts';
import { usualWords } from '../schema/usual-words.ts';
import { isSecret } from '../text/environment.ts';
import type { Problem } from '../text/problem.ts';
import { at, keyPlaceOf, type Path, pathText, placeOf, plain, type Tree } from '../text/tree.ts';
import { laterWord } from './later.ts';

export function problemsOf(error: z.ZodError, schema: z.ZodType, tree: Tree): Problem[] {
  return error.issues.flatMap(inOption).flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code !== 'unrecognized_keys')
      return [{ place: placeOf(tree, path), path, message: wrongValue(issue, path, schema, tree) }];
    return issue.keys.map((key) => unknownKey(key, path, schemaAt(schema, path, tree), tree));
  });
}

/** Of a value that is what one option of a union takes, as a map is: what is wrong in it, rather than that no option fits. */
function inOption(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isOfKind = (found: z.core.$ZodIssue): boolean => found.path.length > 0 || found.code === 'unrecognized_keys';
  const [only, ...others] = issue.errors.filter((found) => found.every(isOfKind));
  if (only === undefined || others.length > 0) return [issue];
  return only.map((found) => ({ ...found, path: [...issue.path, ...found.path] }));
}

/** The keys that a map takes. */
export function keysOf(schema: z.ZodType | undefined): string[] {
  const inner = schema && bare(schema);
  if (inner instanceof z.ZodObject) return Object.keys(inner.shape);
  if (inner instanceof z.ZodUnion) return [...new Set(inner.options.flatMap((option) => keysOf(option as z.ZodType)))];
  return [];
}

/** The schema without defaults, optionality and what happens after the input was read. */
export function bare(schema: z.ZodType): z.ZodType {
  const optional = schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional;
  if (optional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return bare(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? bare(schema.in as z.ZodType) : schema;
}

function unknownKey(key: string, path: Path, schema: z.ZodType | undefined, tree: Tree): Problem {
  const full = [...path, key];
  const keys = keysOf(schema);
  const meant = didYouMean(key, keys, usualOf(schema));
  const hint = otherSection(full) ?? otherFault(path, key) ?? otherProduct(path, key) ?? meant;
  const list = hint === '' && keys.length > 0 ? `; the keys here are ${keys.join(', ')}` : hint;
  return { place: keyPlaceOf(tree, path, key), path: full, message: `unknown key${list}` };
}

function otherSection(path: Path): string | undefined {
  return pathText(path) === 'cluster.topic' ? "; 'topic' is a section of its own, beside 'cluster'" : undefined;
}

/** `; it goes with disk-slow`, of a key that another fault has. */
function otherFault(path: Path, key: string): string | undefined {
  const faults = path.length === 2 && path[0] === 'faults' ? faultsThatTake(key) : [];
  return faults.length === 0 ? undefined : `; it goes with ${faults.join(' and ')}`;
}

/** `; it goes with broker: a or b`, of a key that other brokers have. */
function otherProduct(path: Path, key: string): string | undefined {
  if (path.length !== 1 || path[0] !== 'cluster') return undefined;
  const brokers = products.filter(({ format }) => key in format.profile.shape).map(({ name }) => name);
  return brokers.length === 0 ? undefined : `; it goes with broker: ${brokers.join(' or ')}`;
}

function wrongValue(issue: z.core.$ZodIssue, path: Path, schema: z.ZodType, tree: Tree): string {
  const found = at(tree, path);
  const given = found?.type === 'scalar' ? found.value : found && 'several';
  if (found === undefined) return `missing; ${issue.message}`;
  if (given === null) return `${issue.message}, got nothing`;
  if (found.type !== 'scalar' || isSecret(path)) return issue.message;
  if (issue.code === 'custom' && !issue.message.startsWith('expected')) return issue.message;
  const written = String(given);
  const hint = laterWord(path, written) ?? meantBy(written, issue.message, schemaAt(schema, path, tree));
  return `${issue.message}, got ${typeof given === 'string' ? `'${given}'` : JSON.stringify(plain(found))}${hint}`;
}

/** A word of those in the message; or of a map the key that takes such a word, as of `effect: sqlite`. */
function meantBy(written: string, message: string, schema: z.ZodType | undefined): string {
  const words = [...message.matchAll(/'([^']+)'/g)].map(([, word = '']) => word);
  const meant = didYouMean(written, words, usualOf(schema));
  if (meant !== '') return meant;
  const [entry] = entriesTaking(written, schema);
  return entry === undefined ? '' : `; did you mean { ${entry.key}: ${entry.word} }?`;
}

/** Keys of a map that take one of several words, and the word of theirs that is written or meant. */
function entriesTaking(written: string, schema: z.ZodType | undefined): { key: string; word: string }[] {
  const inner = schema && bare(schema);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const key = inner.def.discriminator;
    const options = inner.options.flatMap((option) => literalsOf((option as z.ZodObject).shape[key]));
    return wordsFor(written, options, usualOf(inner)).map((word) => ({ key, word }));
  }
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(inner.shape).flatMap(([key, value]) =>
    wordsFor(written, literalsOf(value), usualOf(value)).map((word) => ({ key, word })),
  );
}

function wordsFor(written: string, words: readonly string[], usual: UsualWords): readonly string[] {
  return words.includes(written) ? [written] : words.length === 0 ? [] : suggestions(written, words, usual);
}

function literalsOf(schema: z.ZodType | undefined): string[] {
  const inner = schema && bare(schema);
  if (inner instanceof z.ZodEnum) return inner.options.map(String);
  return inner instanceof z.ZodLiteral ? [...inner.values].map(String) : [];
}

/** What its words or keys are called elsewhere. */
export function usualOf(schema: z.ZodType | undefined): UsualWords {
  return (schema && usualWords.get(bare(schema))) ?? {};
}

/** The schema of what is at the path. Of a union the option that the tree asks for. */
export function schemaAt(schema: z.ZodType, path: Path, tree: Tree, above: Path = []): z.ZodType | undefined {
  const inner = bare(schema);
  const [part, ...rest] = path;
  if (inner instanceof z.ZodUnion) {
    const word = inner instanceof z.ZodDiscriminatedUnion ? inner.def.discriminator : '';
    const options = inner.options.map((option) => option as z.ZodType);
    const chosen =
      options.find((option) => keysOf(option).length > 0 && fits(option, word, at(tree, [...above, word]))) ?? inner;
    return chosen === inner ? inner : schemaAt(chosen, path, tree, above);
  }
  if (part === undefined) return inner;
  if (inner instanceof z.ZodArray) return schemaAt(inner.element as z.ZodType, rest, tree, [...above, part]);
  const child: unknown = inner instanceof z.ZodObject ? inner.shape[part] : undefined;
  return child instanceof z.ZodType ? schemaAt(child, rest, tree, [...above, part]) : undefined;
}

/** Whether this option of a union is the one that its word (`broker`, `do`) asks for; options without it always fit. */
function fits(option: z.ZodType, word: string, given: Tree | undefined): boolean {
  const literal: unknown = option instanceof z.ZodObject ? option.shape[word] : undefined;
  return !(literal instanceof z.ZodType) || (given !== undefined && literal.safeParse(plain(given)).success);
}
