/**
 * What Fetch requests of a session are about (KIP-227): the first names all its partitions, later ones only what has
 * changed. A session is between a client and one node, whatever connection it uses.
 */
import type { Topic } from './topic-names.ts';

export interface FetchedTopic extends Topic {
  readonly partitions: readonly { readonly index: number }[];
}

export interface SessionFetch {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: readonly FetchedTopic[];
  readonly forgottenTopics: readonly (Topic & { readonly partitions: readonly number[] })[];
}

/** Of a session so far: topics by name or id, and their partitions. */
type Session = Map<string, { readonly topic: Topic; readonly indexes: Set<number> }>;

const opening = 0;
const closing = -1;
/** A broker keeps 1,000 by default (max.incremental.fetch.session.cache.slots); the oldest go. */
const mostSessions = 4096;

export class FetchSessions {
  readonly #sessions = new Map<number, Session>();

  /**
   * What the request is about; undefined: its session began unseen. `opens` is to be called with the session id of the
   * answer, 0 for none.
   */
  take({ sessionId, sessionEpoch, topics, forgottenTopics }: SessionFetch): {
    readonly about: readonly FetchedTopic[] | undefined;
    readonly opens?: (sessionId: number) => void;
  } {
    if (sessionEpoch === opening || sessionEpoch === closing) {
      this.#sessions.delete(sessionId);
      const opens = (id: number): void => this.#keep(id, topics);
      return { about: topics, ...(sessionEpoch === opening ? { opens } : {}) };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return { about: undefined };
    for (const { partitions, ...topic } of forgottenTopics) {
      const { indexes } = session.get(keyOf(topic)) ?? {};
      for (const index of partitions) indexes?.delete(index);
      if (indexes?.size === 0) session.delete(keyOf(topic));
    }
    add(session, topics);
    return { about: listOf(session) };
  }

  #keep(id: number, topics: readonly FetchedTopic[]): void {
    if (id === 0) return;
    const session: Session = new Map();
    add(session, topics);
    this.#sessions.set(id, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > mostSessions && oldest !== undefined) this.#sessions.delete(oldest);
  }
}

function add(session: Session, topics: readonly FetchedTopic[]): void {
  for (const { partitions, ...topic } of topics) {
    const key = keyOf(topic);
    const { indexes } = session.get(key) ?? { indexes: new Set<number>() };
    for (const { index } of partitions) indexes.add(index);
    session.set(key, { topic, indexes });
  }
}

function listOf(session: Session): FetchedTopic[] {
  return [...session.values()].map(({ topic, indexes }) => ({
    ...topic,
    partitions: [...indexes].map((index) => ({ index })),
  }));
}

function keyOf({ topicId, name }: Topic): string {
  return topicId ?? name ?? '';
}
