/**
 * What the profile format is going to have and this version does not do. Such keys are refused like any other unknown
 * one, but with a word of explanation: a profile that asks for more than it gets would mislead.
 */
import { laterClasses } from './expect-schema.ts';
import { type Path, pathText } from './tree.ts';

const laterKeys: Readonly<Record<string, string>> = {
  'consumers.redelivery': 'what a consumer was given comes again only from its last commit',
  'consumers.failing': 'processing does not fail',
};

const laterWords: Readonly<Record<string, readonly string[]>> = {
  'cluster.broker': ['rocketmq', 'rabbitmq', 'nats', 'redis'],
  'faults.do': ['disk-read-only', 'bit-flip', 'partition', 'latency', 'drop', 'reset', 'throttle', 'lost-response'],
  'faults.target': ['followers'],
  expect: ['contract'],
};

/** `; not in this version: …` for a key to come. */
export function laterKey(path: Path): string | undefined {
  const key = pathText(path);
  if (key === 'cluster.topic') return "; 'topic' is a section of its own, beside 'cluster'";
  const reason = laterKeys[key];
  if (reason !== undefined) return `; not in this version: ${reason}`;
  const later: readonly string[] = laterClasses;
  return path[0] === 'expect' && later.includes(String(path[1]))
    ? '; not in this version: nothing is redelivered by schedule'
    : undefined;
}

/** `; not in this version` for a word to come. */
export function laterWord(path: Path, word: string): string | undefined {
  const key = path.filter((part) => typeof part === 'string').join('.');
  return laterWords[key]?.includes(word) ? '; not in this version' : undefined;
}
