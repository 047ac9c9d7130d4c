/** Reads the requests of one link, with what is known beside their bytes: names of topics, and what sessions of Fetch have. */
import { decodeResponse } from '../../../broker/wire/message.ts';
import { fetch, idsFrom, metadata, readableApi, sessionsFrom } from './apis.ts';
import { apiName } from './face.ts';
import { FetchSessions, type SessionFetch } from './fetch-sessions.ts';
import { lengthBytes } from './frame-stream.ts';
import { type Body, bodyOf, type Decoded, decoded, type Head, topicsOf, unlessMalformed } from './request.ts';
import type { Topic, TopicNames } from './topic-names.ts';

/** A request, read as far as its bytes go. */
export interface Read {
  readonly head: Head;
  readonly decoded?: Decoded;
  /** What it is about; absent: its session began unseen. */
  readonly about?: readonly Topic[];
  /** Whoever learns from its answer, whatever becomes of that. */
  readonly learns?: (answer: Buffer) => void;
}

/** The whole request, or why nobody can tell what it is about. */
export interface Told {
  readonly body?: Body;
  readonly unread?: string;
}

export class Reading {
  readonly #names: TopicNames;
  readonly #ask: (ids: readonly string[]) => Promise<void> | undefined;
  readonly #sessions = new FetchSessions();

  /** @param ask resolves when the names have learned what the node says of these ids; undefined: it has been asked. */
  constructor(names: TopicNames, ask: (ids: readonly string[]) => Promise<void> | undefined) {
    this.#names = names;
    this.#ask = ask;
  }

  /** Whether a request must be read although no rule may be about it: what later ones are about depends on it. */
  needs({ apiKey, version }: Head): boolean {
    return apiKey === fetch.key && version >= sessionsFrom;
  }

  /** To be called once for each request, in the order in which they come. */
  read(frame: Buffer, head: Head): Read {
    const read = decoded(frame, head);
    if (read === undefined) return { head };
    if (!this.needs(head)) return { head, decoded: read, about: topicsOf(read.request), ...this.learning(head) };
    const { about, opens } = this.#sessions.take(read.request as SessionFetch);
    const learns = (answer: Buffer): void => {
      const answered = answerOf(head, answer) as { readonly sessionId?: number } | undefined;
      opens?.(answered?.sessionId ?? 0);
    };
    return {
      ...{ head, decoded: read },
      ...(about === undefined ? {} : { about }),
      ...(opens === undefined ? {} : { learns }),
    };
  }

  /** What an answer to such a request teaches, as far as its head tells. */
  learning(head: Head): Pick<Read, 'learns'> {
    if (head.apiKey !== metadata.key || head.version < idsFrom) return {};
    return {
      learns: (answer) => {
        const body = answerOf(head, answer);
        if (body !== undefined) this.#names.learn(body as (typeof metadata.response)['zero']);
      },
    };
  }

  /** Resolves when a second look may say more; undefined: it will not. */
  wait({ about = [] }: Read): Promise<void> | undefined {
    const unknown = this.#names.unknownIn(about);
    return unknown.length === 0 ? undefined : this.#ask(unknown);
  }

  bodyOf({ head, decoded: read, about }: Read): Told {
    const unread = (why: string): Told => ({ unread: `${apiName(head.apiKey)} ${head.version}: ${why}` });
    if (read === undefined) {
      const isKnown = readableApi(head.apiKey, head.version) !== undefined;
      return unread(isKnown ? 'its bytes are not of that version' : 'a version that links do not read');
    }
    if (about === undefined) return unread('its fetch session is not known');
    const unknown = this.#names.unknownIn(about);
    if (unknown.length > 0) return unread('nobody says which topic its topic id means');
    return { body: bodyOf(read, about, this.#names) };
  }
}

function answerOf({ apiKey, version }: Head, answer: Buffer): unknown {
  const api = readableApi(apiKey, version);
  return api && unlessMalformed(() => decodeResponse(api, version, answer.subarray(lengthBytes))[1]);
}
