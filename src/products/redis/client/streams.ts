/** What a server says of a stream and of a group that reads it. */
import { isReply } from './link.ts';
import type { Servers } from './servers.ts';

const askMs = 5_000;

export interface StreamFacts {
  readonly length: number;
  /** Of the newest entry that there ever was; `0-0` where there was none. */
  readonly lastId: string;
}

export interface GroupFacts {
  readonly pending: number;
  /** Up to here entries were given to consumers. */
  readonly deliveredId: string;
  /** Entries after that; undefined: the server (before 7.0) does not count them, or cannot tell. */
  readonly lag: number | undefined;
}

/** Undefined: there is no such stream. */
export async function askStream(
  servers: Servers,
  address: string,
  stream: string,
  signal?: AbortSignal,
): Promise<StreamFacts | undefined> {
  const answer = await orNone(servers.ask(address, ['XINFO', 'STREAM', stream], askMs, signal));
  if (answer === undefined) return undefined;
  const facts = pairsOf(answer);
  return { length: Number(facts.get('length')), lastId: String(facts.get('last-generated-id')) };
}

/** Undefined: there is no such stream, or no such group. */
export async function askGroup(
  servers: Servers,
  address: string,
  { stream, group }: { readonly stream: string; readonly group: string },
  signal?: AbortSignal,
): Promise<GroupFacts | undefined> {
  const answer = await orNone(servers.ask(address, ['XINFO', 'GROUPS', stream], askMs, signal));
  const groups = ((answer ?? []) as readonly unknown[]).map(pairsOf);
  const facts = groups.find((one) => one.get('name') === group);
  if (facts === undefined) return undefined;
  const lag = facts.get('lag');
  return {
    pending: Number(facts.get('pending')),
    deliveredId: String(facts.get('last-delivered-id')),
    lag: typeof lag === 'number' ? lag : undefined,
  };
}

/** The answer for a stream that is not there has no code of its own; it is read-only, and decides about no message. */
async function orNone(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (isReply(error) && /^ERR no such key/.test(error.message)) return undefined;
    throw error;
  }
}

function pairsOf(answer: unknown): Map<string, unknown> {
  const words = answer as readonly unknown[];
  const pairs = new Map<string, unknown>();
  for (let i = 0; i + 1 < words.length; i += 2) pairs.set(String(words[i]), words[i + 1]);
  return pairs;
}
