import { messageOf } from '../../errors.ts';
import { neverReached } from '../../routes/routing.ts';
import { noTopicId } from '../../store/log/entry.ts';
import type { Api } from '../../wire/api.ts';
import { code } from '../../wire/codes.ts';
import type { NodeParts } from '../parts.ts';

/** Why something was not done; with NONE, that it was. */
export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export interface ChangedTopic extends Refusal {
  readonly topicId: string;
}

interface ChangedTopics {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly version: number;
  readonly topics: readonly ChangedTopic[];
}

interface Named {
  readonly name: string;
}

/**
 * Has topics changed by the name server, and waits until this node uses the changes.
 * @param asked each topic once; none: nobody is asked
 * @param requestOf the request for them
 * @returns what each is answered, by its name
 */
export async function changeTopics<T extends Named, Q>(
  { routing }: NodeParts,
  api: Api<Q, ChangedTopics>,
  asked: readonly T[],
  requestedMs: number,
  requestOf: (topics: readonly T[], timeoutMs: number) => Q,
): Promise<ReadonlyMap<string, ChangedTopic>> {
  const all = (answer: Refusal) => new Map(asked.map(({ name }) => [name, { ...answer, topicId: noTopicId }]));
  if (asked.length === 0) return all(done);
  const timeoutMs = Math.min(Math.max(requestedMs, shortestTimeoutMs), longestTimeoutMs);
  try {
    const answer = await routing.ask(api, requestOf(asked, timeoutMs), timeoutMs + 1000);
    if (answer.errorCode !== code.NONE) return all(answer);
    await routing.knows(answer.version, timeoutMs);
    return new Map(asked.map(({ name }, at) => [name, answer.topics[at] ?? { ...unanswered, topicId: noTopicId }]));
  } catch (error) {
    return all(unreachable(error));
  }
}

const shortestTimeoutMs = 1000;
const longestTimeoutMs = 60_000;

export const done: Refusal = { errorCode: code.NONE, errorMessage: null };
export const unanswered: Refusal = {
  errorCode: code.UNKNOWN_SERVER_ERROR,
  errorMessage: 'the name server did not answer for it',
};
export const namedTwice: Refusal = {
  errorCode: code.INVALID_REQUEST,
  errorMessage: 'the request names this topic twice',
};

/** The names that are there more than once. */
export function repeated(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const name of names) (seen.has(name) ? twice : seen).add(name);
  return twice;
}

/** NOT_CONTROLLER if nothing can have changed, REQUEST_TIMED_OUT if something may have changed. Clients retry both. */
function unreachable(error: unknown): Refusal {
  return {
    errorCode: neverReached(error) ? code.NOT_CONTROLLER : code.REQUEST_TIMED_OUT,
    errorMessage: messageOf(error),
  };
}
