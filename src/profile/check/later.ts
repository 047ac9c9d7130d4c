/**
 * What the profile format is going to have and this version does not do. Such words are refused like any other unknown
 * one, but with a word of explanation: a profile that asks for more than it gets would mislead.
 */
import type { Path } from '../text/tree.ts';

const laterWords: Readonly<Record<string, readonly string[]>> = {
  'faults.target': ['followers'],
};

/** `; not in this version` for a word to come. */
export function laterWord(path: Path, word: string): string | undefined {
  const key = path.filter((part) => typeof part === 'string').join('.');
  return laterWords[key]?.includes(word) ? '; not in this version' : undefined;
}
