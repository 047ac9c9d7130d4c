import { messageOf } from '../errors.ts';
import { type Route, route } from '../rpc/route.ts';
import type { Partition } from '../store/partitions/partition.ts';
import { wokenWithin } from '../waiting.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { fetch } from '../wire/apis/records.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { currentPartition, type EpochEnd, endOfEpoch } from './leader-epochs.ts';
import type { NodeParts } from './parts.ts';
import type { Read } from './seams.ts';

/** The honest way to read: what is stored. */
export const readStored: Read = ({ log, partition, offset, maxBytes, atLeastOne }) =>
  partition.read(log, offset, maxBytes, atLeastOne);

export function fetchRoutes(parts: NodeParts): Route[] {
  return [route(fetch, (request, { version }) => fetchFrom(parts, request, version))];
}

type Request = RequestOf<typeof fetch>;
type Response = ResponseOf<typeof fetch>;
type PartitionResponse = Response['topics'][number]['partitions'][number];

const maxWaitLimitMs = 60_000;
const responseLimitBytes = 64 * 1024 * 1024;

interface Wanted {
  readonly index: number;
  readonly offset: number;
  readonly maxBytes: number;
  readonly partition: Partition | undefined;
  readonly errorCode: number;
  /** Where the consumer's log parts from this one: it has read what is no more. */
  readonly diverging?: EpochEnd;
}

interface WantedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly wanted: readonly Wanted[];
}

/**
 * Waits until `minBytes` can be returned, there is an error to report, or `maxWaitMs` is over. An advance of the protected
 * position wakes it, never an append.
 */
async function fetchFrom(parts: NodeParts, request: Request, version: number): Promise<Response> {
  const waitMs = Math.min(Math.max(0, request.maxWaitMs), maxWaitLimitMs);
  const deadlineMs = parts.world.clock.nowMs() + waitMs;
  for (;;) {
    const topics: WantedTopic[] = [];
    for (const { name, topicId, partitions } of request.topics) {
      const known = version < 13 ? name : parts.routing.topicName(topicId);
      const wanted = partitions.map((asked) => want(parts, known, asked, version));
      topics.push({ name, topicId, wanted: wanted.some(isPromise) ? await Promise.all(wanted) : (wanted as Wanted[]) });
    }
    const all = topics.flatMap(({ wanted }) => wanted);
    const leftMs = deadlineMs - parts.world.clock.nowMs();
    if (leftMs <= 0 || isWorthAnswering(all, request.minBytes)) return answer(parts, request, topics);
    await changed(parts.world, all, leftMs);
  }
}

function want(
  parts: NodeParts,
  topic: string | undefined,
  asked: Request['topics'][number]['partitions'][number],
  version: number,
): Wanted | Promise<Wanted> {
  const wanted = { index: asked.index, offset: asked.fetchOffset, maxBytes: asked.maxBytes };
  if (version < 4) return { ...wanted, partition: undefined, errorCode: code.UNSUPPORTED_FOR_MESSAGE_FORMAT };
  if (topic === undefined) return { ...wanted, partition: undefined, errorCode: code.UNKNOWN_TOPIC_ID };
  const partition = currentPartition(parts, topic, asked.index, asked.currentLeaderEpoch);
  if (typeof partition === 'number') return { ...wanted, partition: undefined, errorCode: partition };
  // An offset between the high watermark and the end is not out of range, although nothing can be returned yet: an earlier
  // leader may have shown consumers more than this node knows to be protected.
  const known = asked.fetchOffset >= partition.logStartOffset && asked.fetchOffset <= partition.endOffset;
  const inRange: Wanted = { ...wanted, partition, errorCode: known ? code.NONE : code.OFFSET_OUT_OF_RANGE };
  if (asked.lastFetchedEpoch < 0 || asked.fetchOffset < partition.logStartOffset) return inRange;
  return endOfEpoch(parts, partition, asked.lastFetchedEpoch).then((end) => {
    if (end.epoch < 0) return { ...inRange, errorCode: code.OFFSET_OUT_OF_RANGE };
    const isPast = end.epoch < asked.lastFetchedEpoch || end.endOffset < asked.fetchOffset;
    return isPast ? { ...inRange, errorCode: code.NONE, diverging: end } : inRange;
  });
}

function isPromise(value: Wanted | Promise<Wanted>): boolean {
  return value instanceof Promise;
}

function isWorthAnswering(all: readonly Wanted[], minBytes: number): boolean {
  if (all.some(({ errorCode, diverging }) => errorCode !== code.NONE || diverging !== undefined)) return true;
  let bytes = 0;
  for (const { partition, offset } of all) {
    if (bytes >= minBytes) break;
    bytes += partition?.availableBytes(offset, minBytes - bytes) ?? 0;
  }
  return bytes >= minBytes;
}

function changed(world: World, all: readonly Wanted[], timeoutMs: number): Promise<void> {
  return wokenWithin(world.clock, timeoutMs, (wake) => {
    const registrations = all.flatMap(({ partition }) => partition?.onChange(wake) ?? []);
    return () => {
      for (const forget of registrations) forget();
    };
  });
}

/** The first batch of the response may be larger than the consumer asked for: without it the consumer could not go on. */
async function answer(parts: NodeParts, request: Request, topics: readonly WantedTopic[]): Promise<Response> {
  const { memory } = parts;
  const limitBytes = Math.min(request.maxBytes > 0 ? request.maxBytes : responseLimitBytes, responseLimitBytes);
  let bytes = 0;
  try {
    const answered: Response['topics'][number][] = [];
    for (const { name, topicId, wanted } of topics) {
      const partitions: PartitionResponse[] = [];
      for (const one of wanted) {
        const share = memory.holdShare(Math.min(one.maxBytes, Math.max(0, limitBytes - bytes)));
        const response = await answerOne(parts, one, share, bytes === 0);
        const read = response.records.reduce((sum, { length }) => sum + length, 0);
        // The connection holds the answer from when it is written on.
        memory.hold(read - share);
        bytes += read;
        partitions.push(response);
      }
      answered.push({ name, topicId, partitions });
    }
    return { throttleTimeMs: 0, errorCode: code.NONE, sessionId: 0, topics: answered };
  } finally {
    memory.release(bytes);
  }
}

async function answerOne(
  parts: NodeParts,
  { index, partition, offset, errorCode, diverging }: Wanted,
  maxBytes: number,
  atLeastOne: boolean,
): Promise<PartitionResponse> {
  const highWatermark = partition?.highWatermark ?? -1;
  const response = {
    index,
    errorCode,
    highWatermark,
    lastStableOffset: highWatermark,
    logStartOffset: partition?.logStartOffset ?? -1,
    abortedTransactions: [],
    preferredReadReplica: -1,
    records: [],
  };
  if (diverging !== undefined) return { ...response, divergingEpoch: diverging };
  if (partition === undefined || errorCode !== code.NONE) return response;
  try {
    const { log } = parts.store;
    return { ...response, records: await parts.seams.read({ log, partition, offset, maxBytes, atLeastOne }) };
  } catch (error) {
    parts.world.log(`read failed: ${messageOf(error)}`);
    return { ...response, errorCode: code.KAFKA_STORAGE_ERROR };
  }
}
