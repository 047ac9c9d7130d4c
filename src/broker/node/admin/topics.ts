import { type Route, route } from '../../rpc/route.ts';
import { noTopicId } from '../../store/log/entry.ts';
import type { RequestOf, ResponseOf } from '../../wire/api.ts';
import { createPartitions } from '../../wire/apis/admin.ts';
import { addPartitions, addTopics, removeTopics } from '../../wire/apis/routes.ts';
import { createTopics, deleteTopics } from '../../wire/apis/topics.ts';
import { code } from '../../wire/codes.ts';
import { copiesOf, type NodeParts } from '../parts.ts';
import { changeTopics, namedTwice, type Refusal, repeated, unanswered } from './changes.ts';
import { refuseConfigs, tellUnused } from './configs.ts';

/** CreateTopics, DeleteTopics and CreatePartitions: any node takes them, and the name server carries them out. */
export function topicRoutes(parts: NodeParts): Route[] {
  return [
    route(createTopics, async (request) => ({ throttleTimeMs: 0, topics: await create(parts, request) })),
    route(deleteTopics, async (request, { version }) => {
      const asked = version >= 6 ? request.topics : request.names.map((name) => ({ name, topicId: noTopicId }));
      return { throttleTimeMs: 0, topics: await remove(parts, asked, request.timeoutMs) };
    }),
    route(createPartitions, async (request) => ({ throttleTimeMs: 0, results: await extend(parts, request) })),
  ];
}

type CreateRequest = RequestOf<typeof createTopics>;
type CreatedTopic = ResponseOf<typeof createTopics>['topics'][number];
type DeletedTopic = ResponseOf<typeof deleteTopics>['topics'][number];
type ExtendedTopic = ResponseOf<typeof createPartitions>['results'][number];

/** The partition count when the client leaves it to the broker (-1). */
const defaultPartitionCount = 1;

async function create(parts: NodeParts, request: CreateRequest): Promise<CreatedTopic[]> {
  const twice = repeated(request.topics.map(({ name }) => name));
  const topics = request.topics.map((topic) => ({
    name: topic.name,
    partitionCount: topic.partitionCount === -1 ? defaultPartitionCount : topic.partitionCount,
    configs: topic.configs.map(({ name, value }) => ({ name, value: value ?? '' })),
    refusal: twice.has(topic.name) ? namedTwice : refuse(parts, topic),
  }));
  const asked = topics.filter(({ refusal }) => refusal === undefined);
  const { validateOnly } = request;
  const answers = await changeTopics(parts, addTopics, asked, request.timeoutMs, (wanted, timeoutMs) => ({
    ...{ topics: wanted, validateOnly, timeoutMs },
  }));
  return topics.map(({ name, partitionCount, configs, refusal }) => {
    const answer = refusal ?? answers.get(name) ?? unanswered;
    if (answer.errorCode === code.NONE && !validateOnly) tellUnused(parts, name, configs);
    return { name, topicId: noTopicId, partitionCount, replicationFactor: copiesOf(parts), configs: [], ...answer };
  });
}

async function remove(
  parts: NodeParts,
  asked: readonly { readonly name: string | null; readonly topicId: string }[],
  timeoutMs: number,
): Promise<DeletedTopic[]> {
  const known = asked.map(({ name, topicId }) => ({ name: name ?? parts.routing.topicName(topicId), topicId }));
  const names = [...new Set(known.flatMap(({ name }) => name ?? []))].map((name) => ({ name }));
  const answers = await changeTopics(parts, removeTopics, names, timeoutMs, (wanted, boundedMs) => ({
    ...{ names: wanted.map(({ name }) => name), timeoutMs: boundedMs },
  }));
  return known.map(({ name, topicId }) => {
    if (name === undefined) return { name: null, topicId, errorCode: code.UNKNOWN_TOPIC_ID, errorMessage: null };
    return { name, ...(answers.get(name) ?? unanswered), topicId };
  });
}

async function extend(
  parts: NodeParts,
  { topics, timeoutMs, validateOnly }: RequestOf<typeof createPartitions>,
): Promise<ExtendedTopic[]> {
  const twice = repeated(topics.map(({ name }) => name));
  const refusalOf = ({ name, assignments }: (typeof topics)[number]) => {
    if (twice.has(name)) return namedTwice;
    return assignments !== null && assignments.length > 0 ? assigned : undefined;
  };
  const asked = topics.filter((topic) => refusalOf(topic) === undefined);
  const answers = await changeTopics(parts, addPartitions, asked, timeoutMs, (wanted, boundedMs) => ({
    ...{ topics: wanted.map(({ name, count }) => ({ name, count })), validateOnly, timeoutMs: boundedMs },
  }));
  return topics.map((topic) => ({
    name: topic.name,
    ...(refusalOf(topic) ?? answers.get(topic.name) ?? unanswered),
  }));
}

const assigned: Refusal = {
  errorCode: code.INVALID_REPLICA_ASSIGNMENT,
  errorMessage: 'the name server assigns partitions itself',
};

function refuse(parts: NodeParts, topic: CreateRequest['topics'][number]): Refusal | undefined {
  if (topic.assignments.length > 0) return assigned;
  const most = copiesOf(parts);
  const { replicationFactor: factor } = topic;
  if (factor !== -1 && (factor < 1 || factor > most)) {
    const errorMessage = `replication factor ${factor}: every partition has ${most} here, its leader included`;
    return { errorCode: code.INVALID_REPLICATION_FACTOR, errorMessage };
  }
  return refuseConfigs(parts, topic.configs);
}
