/** A request as a link sees it: its header, and what it is about. */
import { readRequest } from '../../../broker/wire/message.ts';
import { Malformed, Reader } from '../../../broker/wire/reader.ts';
import { batchHeaderBytes, readBatchHeader } from '../../../broker/wire/record-batch.ts';
import type { WirePart } from '../../../link/wire/rule-book.ts';
import { type AnyApi, produce, readableApi } from './apis.ts';
import { lengthBytes } from './frame-stream.ts';
import type { Topic, TopicNames } from './topic-names.ts';

export interface Head {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string;
  /** False: the broker sends no answer (Produce with acks 0). */
  readonly answered: boolean;
}

/** A request in a version that is read, as it came. */
export interface Decoded {
  readonly api: AnyApi;
  readonly request: unknown;
}

/** What is read of one that is held. Its topics have their names, also where it came with ids. */
export interface Body extends Decoded {
  /** By which its answer is read. */
  readonly names: TopicNames;
  /** The topics and partitions that it is about: of a Fetch in a session more than it names. */
  readonly about: readonly NamedTopic[];
  /** The same, part by part. */
  readonly parts: readonly WirePart[];
}

/** A request, as far as it is read. */
export interface Asked {
  readonly head: Head;
  readonly body?: Body;
}

export interface NamedTopic extends Topic {
  readonly name: string;
  readonly partitions: readonly { readonly index: number; readonly records?: Buffer | null }[];
}

/** What most requests have in common that are about partitions. */
export interface Partitioned {
  readonly topics: readonly NamedTopic[];
}

/** After the length: API, version and correlation id. */
export const leastRequestBytes = 8;

/**
 * Undefined: not enough of the frame is there, or it is not of the protocol. Of Produce the acks are read, too, which stand
 * behind the transactional id (KIP-98), and in flexible versions behind tags (KIP-482).
 */
export function readHead(frame: Buffer): Head | undefined {
  return unlessMalformed(() => {
    const reader = new Reader(frame, lengthBytes);
    const apiKey = reader.int16();
    const version = reader.int16();
    const correlationId = reader.int32();
    const length = reader.int16();
    const clientId = length < 0 ? '' : reader.take(length).toString('utf8');
    const answered = apiKey !== produce.key || readAcks(reader, version) !== 0;
    return { apiKey, version, correlationId, clientId, answered };
  });
}

function readAcks(reader: Reader, version: number): number {
  if (version >= produce.flexibleFrom) {
    reader.skipTags();
    const length = reader.uvarint() - 1;
    if (length > 0) reader.take(length);
  } else if (version >= 3) {
    const length = reader.int16();
    if (length > 0) reader.take(length);
  }
  return reader.int16();
}

/** Undefined: this version is not read, or the bytes are not what they should be. */
export function decoded(frame: Buffer, { apiKey, version }: Head): Decoded | undefined {
  const api = readableApi(apiKey, version);
  if (api === undefined) return undefined;
  return unlessMalformed(() => {
    const reader = new Reader(frame, lengthBytes);
    const header = {
      apiKey: reader.int16(),
      version: reader.int16(),
      correlationId: reader.int32(),
      clientId: clientIdOf(reader),
    };
    return { api, request: readRequest(api, header, reader) };
  });
}

/** The topics that a request names. */
export function topicsOf(request: unknown): readonly Topic[] {
  return (request as { readonly topics?: readonly Topic[] | null }).topics ?? [];
}

/** @param about the topics that it is about, all of them known by name. */
export function bodyOf({ api, request }: Decoded, about: readonly Topic[], names: TopicNames): Body {
  const named = about.map((topic) => ({ ...topic, name: names.nameOf(topic) ?? '' }) as NamedTopic);
  return { api, request: names.named(request), names, about: named, parts: named.flatMap(partsOf) };
}

function clientIdOf(reader: Reader): string | null {
  const length = reader.int16();
  return length < 0 ? null : reader.take(length).toString('utf8');
}

/** Whether a request names partitions of topics. */
export function isPartitioned(request: unknown): request is Partitioned {
  const { topics } = request as Partial<Partitioned>;
  return Array.isArray(topics) && topics.every((topic) => Array.isArray(topic?.partitions));
}

/** Metadata asks for a topic as a whole. */
function partsOf({ name, partitions }: NamedTopic): WirePart[] {
  if (!Array.isArray(partitions)) return [{ topic: name, partition: -1 }];
  return partitions.map(({ index, records }: NamedTopic['partitions'][number]) => {
    const seen = records == null ? undefined : batchFacts(records);
    return { topic: name, partition: index, ...(seen === undefined ? {} : { seen }) };
  });
}

function batchFacts(records: Buffer): Record<string, number> | undefined {
  if (records.length < batchHeaderBytes) return undefined;
  const { count, producerId, baseSequence } = readBatchHeader(records);
  return { records: count, ...(producerId < 0 ? {} : { producerId, baseSequence }) };
}

export function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
