/** Answers that a link makes or changes: errors by Kafka's names, and other leaders. */
import { offsetCommit } from '../../../broker/wire/apis/offsets.ts';
import { fetch, listOffsets } from '../../../broker/wire/apis/records.ts';
import { frame } from '../../../broker/wire/frame.ts';
import { decodeResponse, encodeResponse } from '../../../broker/wire/message.ts';
import type { WireLogEntry } from '../../../link/wire/rule.ts';
import type { WirePart } from '../../../link/wire/rule-book.ts';
import { type AnyApi, type metadata, produce } from './apis.ts';
import { errorName } from './face.ts';
import { lengthBytes } from './frame-stream.ts';
import { type Body, type Head, unlessMalformed } from './request.ts';
import type { Topic } from './topic-names.ts';

/** What stands beside the error of a partition. */
const blanks: ReadonlyMap<number, Readonly<Record<string, unknown>>> = new Map([
  [produce.key, { baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1, recordErrors: [], errorMessage: null }],
  [
    fetch.key,
    {
      ...{ highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 },
      ...{ abortedTransactions: [], preferredReadReplica: -1, records: [] },
    },
  ],
  [listOffsets.key, { timestampMs: -1, offset: -1, leaderEpoch: -1 }],
  [offsetCommit.key, {}],
]);
interface AnsweredTopic extends Topic {
  readonly name: string;
  readonly partitions: readonly { readonly index: number; readonly errorCode: number }[];
}

/** Whether the error of such an answer belongs to partitions, so that a request may fail in part. */
export function failsByPartition({ key }: AnyApi): boolean {
  return blanks.has(key);
}

/**
 * An answer with an error: for each of the parts, or for the whole where the answer has no parts.
 * @param answer what the broker answered to the request, or to the rest of it; undefined: it was not asked.
 * @returns a frame; undefined when the broker's answer cannot be read.
 */
export function errorAnswer(
  to: AnswerTo,
  error: number,
  parts: readonly WirePart[],
  answer: Buffer | undefined,
): Buffer | undefined {
  const { api } = to.body;
  const given = answer === undefined ? (api.response.zero as Fields) : readAnswer<Fields>(to, answer);
  if (given === undefined) return undefined;
  const blank = blanks.get(api.key);
  const body =
    blank === undefined
      ? wholeError(given, error)
      : { ...given, topics: failed(topicsIn(given), to.body.about, error, blank, parts) };
  return written(to, body);
}

/** What goes out instead of what came in, and what is to be logged of it. */
export interface Changed {
  readonly frame: Buffer;
  readonly seen: WireLogEntry;
}

/** The errors that an answer has for these parts, by Kafka's names; of one without parts none is read. */
export function errorsOf(to: AnswerTo, answer: Buffer, parts: readonly WirePart[]): string[] {
  const given = failsByPartition(to.body.api) ? readAnswer<Fields>(to, answer) : undefined;
  return topicsIn(given ?? {}).flatMap(({ name, partitions }) =>
    partitions
      .filter(({ index }) => parts.some(({ topic, partition }) => topic === name && partition === index))
      .flatMap(({ errorCode }) => (errorCode === 0 ? [] : errorName(errorCode))),
  );
}

/** The request that is answered. */
export interface AnswerTo {
  readonly head: Pick<Head, 'version' | 'correlationId'>;
  readonly body: Pick<Body, 'api' | 'names' | 'about'>;
}

type Fields = Readonly<Record<string, unknown>>;

/** With the names of its topics. Undefined: it is not what this version should be. */
export function readAnswer<T>({ head, body: { api, names } }: AnswerTo, answer: Buffer): T | undefined {
  return unlessMalformed(() => names.named(decodeResponse(api, head.version, answer.subarray(lengthBytes))[1]) as T);
}

/** An answer's frame. */
export function written({ head: { version, correlationId }, body: { api } }: AnswerTo, answer: unknown): Buffer {
  return frame(encodeResponse(api, version, correlationId, answer));
}

function topicsIn(answer: Fields): readonly AnsweredTopic[] {
  return (answer.topics ?? []) as readonly AnsweredTopic[];
}

/** FindCoordinator has its errors one a key from version 4 on; the other field is of no meaning there. */
function wholeError(given: Fields, errorCode: number): Fields {
  const coordinators = (given.coordinators ?? []) as readonly Fields[];
  return { ...given, errorCode, coordinators: coordinators.map((one) => ({ ...one, errorCode })) };
}

/** @param about what the request is about: the ids of topics that the answer does not have are there. */
function failed(
  answered: readonly AnsweredTopic[],
  about: readonly Topic[],
  errorCode: number,
  blank: Fields,
  parts: readonly WirePart[],
): readonly AnsweredTopic[] {
  const topics = new Map(
    answered.map((topic) => [
      topic.name,
      { topic, partitions: new Map(topic.partitions.map((one) => [one.index, one])) },
    ]),
  );
  for (const { topic: name, partition: index } of parts) {
    const asked = about.find((one) => one.name === name);
    const { topic, partitions } = topics.get(name) ?? {
      topic: { ...asked, name, partitions: [] },
      partitions: new Map(),
    };
    topics.set(name, { topic, partitions: partitions.set(index, { ...blank, index, errorCode }) });
  }
  return [...topics.values()].map(({ topic, partitions }) => ({ ...topic, partitions: [...partitions.values()] }));
}

/**
 * An answer to Metadata in which partitions are led by the broker that comes after their leader. Undefined: there is no
 * other broker, nobody asked for these partitions, or it cannot be read.
 */
export function movedLeaders(
  to: AnswerTo,
  answer: Buffer,
  concerns: (topic: string, partition: number) => boolean,
): Changed | undefined {
  const body = readAnswer<(typeof metadata.response)['zero']>(to, answer);
  if (body === undefined) return undefined;
  const ids = body.brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b);
  const moved: WireLogEntry[] = [];
  const topics = body.topics.map(({ name, ...topic }) => ({
    ...{ name, ...topic },
    // a topic that was asked for by id and is not there has neither a name nor partitions
    partitions: topic.partitions.map((partition) => {
      const { leaderId, index } = partition;
      const other = ids[(ids.indexOf(leaderId) + 1) % ids.length];
      if (leaderId < 0 || other === undefined || other === leaderId) return partition;
      if (name === null || !concerns(name, index)) return partition;
      moved.push({ topic: name, partition: index, leader: leaderId, named: other });
      return { ...partition, leaderId: other };
    }),
  }));
  const [first] = moved;
  if (first === undefined) return undefined;
  const others = moved.length === 1 ? {} : { otherPartitions: moved.length - 1 };
  return { frame: written(to, { ...body, topics }), seen: { ...first, ...others } };
}
