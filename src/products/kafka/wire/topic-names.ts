/**
 * The names of topics that requests name by id (KIP-516): learned from answers to Metadata, whoever asked. An id is one
 * topic's for ever, in whatever cluster, so that all links of a process can have them together.
 */
import type { metadata } from './apis.ts';

/** As a request or an answer has it: by name, or in newer versions by id. */
export interface Topic {
  readonly name?: string | null;
  readonly topicId?: string;
}

type Described = Pick<(typeof metadata.response)['zero'], 'topics'>;

/** What stands in the place of an id where there is none. */
const noId = '0'.repeat(32);

export class TopicNames {
  readonly #names = new Map<string, string>();

  learn({ topics }: Described): void {
    for (const { name, topicId } of topics) if (name !== null && topicId !== noId) this.#names.set(topicId, name);
  }

  /** Undefined: nobody has said. */
  nameOf({ name, topicId }: Topic): string | undefined {
    return name ?? (topicId === undefined ? undefined : this.#names.get(topicId));
  }

  /** The same with the names of its topics, which stay empty where nobody has said; their ids stay for who writes it anew. */
  named<T>(body: T): T {
    const { topics } = body as { readonly topics?: readonly Topic[] | null };
    if (!Array.isArray(topics) || topics.every(({ name }) => name !== undefined)) return body;
    return { ...body, topics: topics.map((topic) => ({ ...topic, name: this.nameOf(topic) ?? '' })) };
  }

  unknownIn(topics: readonly Topic[]): string[] {
    return topics.flatMap((topic) => (this.nameOf(topic) === undefined ? (topic.topicId ?? []) : []));
  }
}
