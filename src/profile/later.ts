/**
 * What the profile format is going to have and this version does not do. Such keys are refused like any other unknown
 * one, but with a word of explanation: a profile that asks for more than it gets would mislead.
 */
import { type Path, pathText } from './tree.ts';

const laterWords: Readonly<Record<string, readonly string[]>> = {
  'faults.do': ['disk-read-only', 'bit-flip', 'partition', 'latency', 'drop', 'reset', 'throttle', 'lost-response'],
  'faults.target': ['followers'],
  expect: ['contract'],
};

/** A word of help for a key that belongs elsewhere. */
export function laterKey(path: Path): string | undefined {
  const key = pathText(path);
  if (key === 'cluster.topic') return "; 'topic' is a section of its own, beside 'cluster'";
  return undefined;
}

/** `; not in this version` for a word to come. */
export function laterWord(path: Path, word: string): string | undefined {
  const key = path.filter((part) => typeof part === 'string').join('.');
  return laterWords[key]?.includes(word) ? '; not in this version' : undefined;
}
