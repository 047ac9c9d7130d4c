/** Answers that a link makes or changes: errors by Kafka's names, and other leaders. */
import { offsetCommit } from '../../../broker/wire/apis/offsets.ts';
import { fetch, listOffsets } from '../../../broker/wire/apis/records.ts';
import { frame } from '../../../broker/wire/frame.ts';
import { decodeResponse, encodeResponse } from '../../../broker/wire/message.ts';
import type { WireLogEntry } from '../../../link/wire/rule.ts';
import type { WirePart } from '../../../link/wire/rule-book.ts';
import { type AnyApi, metadata, produce } from './apis.ts';
import { errorName } from './face.ts';
import { lengthBytes } from './frame-stream.ts';
import { unlessMalformed } from './request.ts';

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
interface Answered {
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly index: number; readonly errorCode: number }[];
  }[];
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
  { api, version, correlationId }: AnswerTo,
  error: number,
  parts: readonly WirePart[],
  answer: Buffer | undefined,
): Buffer | undefined {
  const given = answer === undefined ? zeroOf(api) : read(api, version, answer);
  if (given === undefined) return undefined;
  const blank = blanks.get(api.key);
  const body =
    blank === undefined
      ? wholeError(given, error)
      : { ...given, topics: failed(given as unknown as Answered, error, blank, parts) };
  return frame(encodeResponse(api, version, correlationId, body));
}

/** What goes out instead of what came in, and what is to be logged of it. */
export interface Changed {
  readonly frame: Buffer;
  readonly seen: WireLogEntry;
}

/** The errors that an answer has for these parts, by Kafka's names; of one without parts none is read. */
export function errorsOf({ api, version }: AnswerTo, answer: Buffer, parts: readonly WirePart[]): string[] {
  const given = failsByPartition(api) ? (read(api, version, answer) as unknown as Answered | undefined) : undefined;
  return (given?.topics ?? []).flatMap(({ name, partitions }) =>
    partitions
      .filter(({ index }) => parts.some(({ topic, partition }) => topic === name && partition === index))
      .flatMap(({ errorCode }) => (errorCode === 0 ? [] : errorName(errorCode))),
  );
}

export interface AnswerTo {
  readonly api: AnyApi;
  readonly version: number;
  readonly correlationId: number;
}

type Fields = Readonly<Record<string, unknown>>;

function zeroOf(api: AnyApi): Fields {
  return api.response.zero as Fields;
}

/** Undefined: it is not what this version should be. */
function read(api: AnyApi, version: number, answer: Buffer): Fields | undefined {
  return unlessMalformed(() => decodeResponse(api, version, answer.subarray(lengthBytes))[1] as Fields);
}

/** FindCoordinator has its errors one a key from version 4 on; the other field is of no meaning there. */
function wholeError(given: Fields, errorCode: number): Fields {
  const coordinators = (given.coordinators ?? []) as readonly Fields[];
  return { ...given, errorCode, coordinators: coordinators.map((one) => ({ ...one, errorCode })) };
}

function failed(answer: Answered, errorCode: number, blank: Fields, parts: readonly WirePart[]): Answered['topics'] {
  const topics = new Map(
    answer.topics.map(({ name, partitions }) => [name, new Map(partitions.map((one) => [one.index, one]))]),
  );
  for (const { topic, partition: index } of parts) {
    const partitions = topics.get(topic) ?? new Map();
    topics.set(topic, partitions.set(index, { ...blank, index, errorCode }));
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions: [...partitions.values()] }));
}

/**
 * An answer to Metadata in which partitions are led by the broker that comes after their leader. Undefined: there is no
 * other broker, nobody asked for these partitions, or it cannot be read.
 */
export function movedLeaders(
  { version, correlationId }: Pick<AnswerTo, 'version' | 'correlationId'>,
  answer: Buffer,
  concerns: (topic: string, partition: number) => boolean,
): Changed | undefined {
  const body = unlessMalformed(() => decodeResponse(metadata, version, answer.subarray(lengthBytes))[1]);
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
  return {
    frame: frame(encodeResponse(metadata, version, correlationId, { ...body, topics })),
    seen: { ...first, ...others },
  };
}
