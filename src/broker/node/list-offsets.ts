import { messageOf } from '../errors.ts';
import { type Route, route } from '../rpc/route.ts';
import type { FoundRecord, Partition } from '../store/partitions/partition.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { listOffsets } from '../wire/apis/records.ts';
import { code } from '../wire/codes.ts';
import { currentPartition, endOfEpoch } from './leader-epochs.ts';
import type { NodeParts } from './parts.ts';

export function listOffsetsRoutes(parts: NodeParts): Route[] {
  return [route(listOffsets, (request, { version }) => offsetsOf(parts, request, version))];
}

/** Times that have a meaning of their own. Kafka's further ones, from -4 on, are of later versions than are served. */
const wanted = { end: -1, start: -2, newest: -3 } as const;
const newestSince = 7;

type Asked = RequestOf<typeof listOffsets>['topics'][number]['partitions'][number];
type Answer = ResponseOf<typeof listOffsets>['topics'][number]['partitions'][number];

const noOffset = { timestampMs: -1, offset: -1, leaderEpoch: -1 };

async function offsetsOf(
  parts: NodeParts,
  request: RequestOf<typeof listOffsets>,
  version: number,
): Promise<ResponseOf<typeof listOffsets>> {
  const seen = new Map<string, number>();
  const keyOf = (name: string, index: number) => `${name}/${index}`;
  for (const { name, partitions } of request.topics) {
    for (const { index } of partitions) seen.set(keyOf(name, index), (seen.get(keyOf(name, index)) ?? 0) + 1);
  }
  const topics = request.topics.map(async ({ name, partitions }) => ({
    name,
    partitions: await Promise.all(
      partitions.map(async (asked): Promise<Answer> => {
        const none = { index: asked.index, errorCode: code.INVALID_REQUEST, ...noOffset };
        if ((seen.get(keyOf(name, asked.index)) ?? 0) > 1) return none;
        const found = await offsetOf(parts, name, asked, version);
        return typeof found === 'number' ? { ...none, errorCode: found } : { ...none, errorCode: code.NONE, ...found };
      }),
    ),
  }));
  return { throttleTimeMs: 0, topics: await Promise.all(topics) };
}

/** The offset, or the Kafka error code. */
async function offsetOf(
  parts: NodeParts,
  topic: string,
  { index, currentLeaderEpoch, timestampMs }: Asked,
  version: number,
): Promise<Partial<FoundRecord> | number> {
  const oldest = version >= newestSince ? wanted.newest : wanted.start;
  if (timestampMs < oldest) return code.UNSUPPORTED_VERSION;
  const partition = currentPartition(parts, topic, index, currentLeaderEpoch);
  if (typeof partition === 'number') return partition;
  if (timestampMs === wanted.start) return await startOf(parts, partition);
  try {
    const found = await visible(parts, partition, timestampMs);
    if (found !== undefined) return found;
  } catch (error) {
    parts.world.log(`read failed: ${messageOf(error)}`);
    return code.KAFKA_STORAGE_ERROR;
  }
  if (parts.store.protection.settled) return {};
  // The answer may be an offset that an earlier leader has shown but that this node does not know to be protected.
  // OFFSET_NOT_AVAILABLE came with KIP-207; clients of earlier versions do not know it.
  return version >= 5 ? code.OFFSET_NOT_AVAILABLE : code.LEADER_NOT_AVAILABLE;
}

/** Undefined if consumers see no such record, or if it is not known yet what they see. */
async function visible(
  { store, duty }: NodeParts,
  partition: Partition,
  timestampMs: number,
): Promise<Partial<FoundRecord> | undefined> {
  const { settled } = store.protection;
  if (timestampMs >= 0) return await partition.recordAt(store.log, timestampMs);
  if (!settled) return undefined;
  if (timestampMs === wanted.newest) return await partition.newestRecord(store.log);
  return { offset: partition.highWatermark, leaderEpoch: duty.epoch };
}

/** The start, with the epoch of the first record: the first epoch that does not end there. */
async function startOf(parts: NodeParts, partition: Partition): Promise<Partial<FoundRecord>> {
  const offset = partition.logStartOffset;
  for (const { epoch } of parts.store.log.epochs.starts) {
    if ((await endOfEpoch(parts, partition, epoch)).endOffset > offset) return { offset, leaderEpoch: epoch };
  }
  return { offset, leaderEpoch: parts.duty.epoch };
}
