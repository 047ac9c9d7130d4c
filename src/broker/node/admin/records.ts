import { type Route, route } from '../../rpc/route.ts';
import type { RequestOf } from '../../wire/api.ts';
import { deleteRecords, describeLogDirs } from '../../wire/apis/admin.ts';
import { code } from '../../wire/codes.ts';
import { ledPartition, type NodeParts } from '../parts.ts';
import { enoughReplicas, refusalCode, safe } from '../safety.ts';

/** DeleteRecords and DescribeLogDirs: what of a partition is there. */
export function recordRoutes(parts: NodeParts): Route[] {
  return [
    route(deleteRecords, async ({ topics, timeoutMs }) => {
      const answered = topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(
          partitions.map(async ({ index, offset }) => ({
            index,
            ...(await deleteBelow(parts, { topic: name, index, offset, timeoutMs })),
          })),
        ),
      }));
      return { throttleTimeMs: 0, topics: await Promise.all(answered) };
    }),
    route(describeLogDirs, (request) => ({
      throttleTimeMs: 0,
      errorCode: code.NONE,
      results: [
        {
          ...{ errorCode: code.NONE, logDir: 'commit-log', topics: sizes(parts, request) },
          // Kafka's word for "not known".
          ...{ totalBytes: -1, usableBytes: -1 },
        },
      ],
    })),
  ];
}

interface Deletion {
  readonly topic: string;
  readonly index: number;
  readonly offset: number;
  readonly timeoutMs: number;
}

/** What the high watermark of a partition is called in DeleteRecords. */
const highWatermark = -1;

async function deleteBelow(parts: NodeParts, { topic, index, offset, timeoutMs }: Deletion) {
  const failed = (errorCode: number) => ({ lowWatermark: -1, errorCode });
  const partition = ledPartition(parts, topic, index);
  if (typeof partition === 'number') return failed(partition);
  const until = offset === highWatermark ? partition.highWatermark : offset;
  if (until < 0 || until > partition.highWatermark) return failed(code.OFFSET_OUT_OF_RANGE);
  if (until > partition.logStartOffset) {
    if (!enoughReplicas(parts)) return failed(code.NOT_ENOUGH_REPLICAS);
    try {
      const errorCode = await safe(parts, await parts.store.moveStart(partition, until), timeoutMs);
      if (errorCode !== code.NONE) return failed(errorCode);
    } catch (error) {
      return failed(refusalCode(error));
    }
  }
  return { lowWatermark: partition.logStartOffset, errorCode: code.NONE };
}

/** The partitions that this node has, as leader or follower. All of them share one log: these are the bytes of each in it. */
function sizes({ routing, settings, store }: NodeParts, { topics: asked }: RequestOf<typeof describeLogDirs>) {
  const wanted = new Map(asked?.map(({ name, partitions }) => [name, new Set(partitions)]));
  const known =
    asked === null ? (routing.routes?.topics ?? []) : [...wanted.keys()].flatMap((name) => routing.topic(name) ?? []);
  return known.flatMap(({ id, name, sets }) => {
    const own = sets.flatMap((set, index) => (set === settings.set ? [index] : []));
    const partitions = own
      .filter((index) => wanted.get(name)?.has(index) ?? asked === null)
      .map((index) => ({ index, sizeBytes: store.sizeBytes(id, index), offsetLag: 0, isFuture: false }));
    return partitions.length === 0 ? [] : [{ name, partitions }];
  });
}
