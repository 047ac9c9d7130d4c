import type { CommittedOffset } from '../groups/committed.ts';
import { type Route, route } from '../rpc/route.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { offsetCommit, offsetDelete, offsetFetch } from '../wire/apis/offsets.ts';
import { code } from '../wire/codes.ts';
import { refusalFor } from './groups.ts';
import type { NodeParts } from './parts.ts';
import { keepForGroup } from './safety.ts';

/** OffsetCommit and OffsetFetch. A commit is answered, and visible, when it is protected in the coordinator's log. */
export function offsetRoutes(parts: NodeParts): Route[] {
  return [
    route(offsetCommit, (request) => commit(parts, request)),
    route(offsetFetch, (request, { version }) => {
      const none = { throttleTimeMs: 0, topics: [], errorCode: code.NONE, groups: [] };
      if (version < 8) return { ...none, ...committedFor(parts, request.groupId, request.topics) };
      const distinct = new Map(request.groups.map((group) => [group.groupId, group]));
      const groups = [...distinct.values()].map(({ groupId, topics }) => ({
        groupId,
        ...committedFor(parts, groupId, topics),
      }));
      return { ...none, groups };
    }),
    route(offsetDelete, (request) => forget(parts, request)),
  ];
}

/** A group forgets what it has committed of topics that none of its members reads. */
async function forget(
  parts: NodeParts,
  { groupId, topics: asked }: RequestOf<typeof offsetDelete>,
): Promise<ResponseOf<typeof offsetDelete>> {
  const refusal = refusalFor(parts, groupId);
  const group = refusal === undefined ? parts.coordinator.find(groupId) : undefined;
  if (group === undefined) return { errorCode: refusal ?? code.GROUP_ID_NOT_FOUND, throttleTimeMs: 0, topics: [] };
  const offsets: CommittedOffset[] = [];
  const topics = asked.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index }) => {
      const topic = parts.routing.topic(name);
      if (topic?.sets[index] === undefined) return { index, errorCode: code.UNKNOWN_TOPIC_OR_PARTITION };
      if (group.subscribesTo(name)) return { index, errorCode: code.GROUP_SUBSCRIBED_TO_TOPIC };
      offsets.push({ topicId: topic.id, partition: index, offset: -1, leaderEpoch: -1, metadata: null });
      return { index, errorCode: code.NONE };
    }),
  }));
  if (offsets.length === 0) return { errorCode: code.NONE, throttleTimeMs: 0, topics };
  const errorCode = await keep(parts, groupId, offsets);
  return {
    errorCode: code.NONE,
    throttleTimeMs: 0,
    topics: errorCode === code.NONE ? topics : withError(topics, errorCode),
  };
}

const metadataLimit = 4096;

type CommitRequest = RequestOf<typeof offsetCommit>;

async function commit(parts: NodeParts, request: CommitRequest): Promise<ResponseOf<typeof offsetCommit>> {
  const { groupId } = request;
  const refusal = refusalFor(parts, groupId) ?? parts.coordinator.mayCommit(groupId, request.generationId, request);
  const offsets: CommittedOffset[] = [];
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => {
      const judged = refusal === code.NONE ? toCommit(parts, name, asked) : refusal;
      if (typeof judged !== 'number') offsets.push(judged);
      return { index: asked.index, errorCode: typeof judged === 'number' ? judged : code.NONE };
    }),
  }));
  if (offsets.length === 0) return { throttleTimeMs: 0, topics };
  const errorCode = await keep(parts, groupId, offsets);
  return { throttleTimeMs: 0, topics: errorCode === code.NONE ? topics : withError(topics, errorCode) };
}

/** What one commit may take in the log, which slaves are sent as a whole. Kafka's bound is that of its messages. */
const commitLimitBytes = 1_048_588;
/** Of an offset in the log, without its metadata. */
const offsetBytes = 34;

async function keep(parts: NodeParts, groupId: string, offsets: readonly CommittedOffset[]): Promise<number> {
  const bytes = offsets.reduce((sum, { metadata }) => sum + offsetBytes + Buffer.byteLength(metadata ?? ''), 0);
  if (bytes > commitLimitBytes) return code.INVALID_COMMIT_OFFSET_SIZE;
  return await keepForGroup(parts, () => parts.coordinator.commit(groupId, offsets));
}

function toCommit(
  { routing }: NodeParts,
  topicName: string,
  asked: CommitRequest['topics'][number]['partitions'][number],
): CommittedOffset | number {
  const topic = routing.topic(topicName);
  if (topic?.sets[asked.index] === undefined) return code.UNKNOWN_TOPIC_OR_PARTITION;
  if ((asked.metadata ?? '').length > metadataLimit) return code.OFFSET_METADATA_TOO_LARGE;
  const { index: partition, offset, leaderEpoch, metadata } = asked;
  return { topicId: topic.id, partition, offset, leaderEpoch, metadata };
}

function withError(topics: ResponseOf<typeof offsetCommit>['topics'], errorCode: number) {
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((one) => ({ index: one.index, errorCode: one.errorCode || errorCode })),
  }));
}

type FetchTopics = ResponseOf<typeof offsetFetch>['topics'];

function committedFor(
  parts: NodeParts,
  groupId: string,
  asked: RequestOf<typeof offsetFetch>['topics'],
): { topics: FetchTopics; errorCode: number } {
  // An earlier leader may have shown members commits that this node does not know to be protected yet.
  const early = parts.store.protection.settled ? undefined : code.COORDINATOR_LOAD_IN_PROGRESS;
  const refusal = refusalFor(parts, groupId) ?? early;
  if (asked === null)
    return { topics: refusal === undefined ? allCommitted(parts, groupId) : [], errorCode: refusal ?? code.NONE };
  const { committed } = parts.coordinator;
  const topics = asked.map(({ name, partitions }) => {
    const topicId = parts.routing.topic(name)?.id ?? '';
    return {
      name,
      partitions: [...new Set(partitions)].map((index) => {
        const found = refusal === undefined ? committed.get(groupId, topicId, index) : undefined;
        // Version 1 has no field for an error of the whole answer, so each partition carries it.
        return { ...toAnswer(index, found), errorCode: refusal ?? code.NONE };
      }),
    };
  });
  return { topics, errorCode: refusal ?? code.NONE };
}

function allCommitted({ coordinator, routing }: NodeParts, groupId: string): FetchTopics {
  const byName = new Map<string, FetchTopics[number]['partitions'][number][]>();
  for (const committed of coordinator.committed.all(groupId)) {
    const name = routing.topicName(committed.topicId);
    if (name === undefined) continue;
    const partitions = byName.get(name) ?? [];
    partitions.push(toAnswer(committed.partition, committed));
    byName.set(name, partitions);
  }
  return [...byName].map(([name, partitions]) => ({ name, partitions }));
}

function toAnswer(index: number, committed: CommittedOffset | undefined) {
  return {
    index,
    offset: committed?.offset ?? -1,
    leaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: code.NONE,
  };
}
