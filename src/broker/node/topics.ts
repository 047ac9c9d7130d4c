import { messageOf } from '../errors.ts';
import { neverReached } from '../routes/routing.ts';
import { type Route, route } from '../rpc/connection.ts';
import { noTopicId } from '../store/log/entry.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { createTopic, deleteTopic } from '../wire/apis/routes.ts';
import { createTopics, deleteTopics, describeConfigs } from '../wire/apis/topics.ts';
import { code } from '../wire/codes.ts';
import type { NodeParts } from './parts.ts';

/** CreateTopics and DeleteTopics, which are passed on to the name server, and DescribeConfigs, whose answer is empty. */
export function topicRoutes(parts: NodeParts): Route[] {
  return [
    route(createTopics, async (request) => {
      const topics: CreatedTopic[] = [];
      for (const topic of request.topics) topics.push(await create(parts, topic, request));
      return { throttleTimeMs: 0, topics };
    }),
    route(deleteTopics, async (request, { version }) => {
      const asked = version >= 6 ? request.topics : request.names.map((name) => ({ name, topicId: noTopicId }));
      const topics: DeletedTopic[] = [];
      for (const { name, topicId } of asked) {
        const known = name ?? parts.routing.topicName(topicId);
        if (known === undefined) topics.push({ name, topicId, errorCode: code.UNKNOWN_TOPIC_ID, errorMessage: null });
        else topics.push({ ...(await remove(parts, known, request.timeoutMs)), topicId });
      }
      return { throttleTimeMs: 0, topics };
    }),
    route(describeConfigs, ({ resources }) => ({
      throttleTimeMs: 0,
      results: resources.map(({ type, name }) => ({
        errorCode: code.NONE,
        errorMessage: null,
        type,
        name,
        configs: [],
      })),
    })),
  ];
}

type CreateRequest = RequestOf<typeof createTopics>;
type CreatedTopic = ResponseOf<typeof createTopics>['topics'][number];
type DeletedTopic = ResponseOf<typeof deleteTopics>['topics'][number];

/** The partition count when the client leaves it to the broker (-1). */
const defaultPartitionCount = 1;
const partitionCountLimit = 10_000;
const shortestTimeoutMs = 1000;
const longestTimeoutMs = 60_000;

async function create(
  parts: NodeParts,
  topic: CreateRequest['topics'][number],
  request: CreateRequest,
): Promise<CreatedTopic> {
  const { name } = topic;
  const partitionCount = topic.partitionCount === -1 ? defaultPartitionCount : topic.partitionCount;
  const result = { name, topicId: noTopicId, partitionCount, replicationFactor: 1, configs: [] };
  const refusal = refuse(topic, partitionCount);
  if (refusal !== undefined) return { ...result, ...refusal };
  const timeoutMs = boundedTimeout(request.timeoutMs);
  try {
    const asked = { name, partitionCount, validateOnly: request.validateOnly, timeoutMs };
    const answer = await parts.routing.ask(createTopic, asked, timeoutMs + 1000);
    const { errorCode, errorMessage, topicId, version } = answer;
    if (errorCode === code.NONE) await parts.routing.knows(version, timeoutMs);
    return { ...result, errorCode, errorMessage, topicId };
  } catch (error) {
    return { ...result, ...unreachable(error) };
  }
}

async function remove(
  parts: NodeParts,
  name: string,
  requestTimeoutMs: number,
): Promise<Omit<DeletedTopic, 'topicId'>> {
  const timeoutMs = boundedTimeout(requestTimeoutMs);
  try {
    const { errorCode, errorMessage, version } = await parts.routing.ask(
      deleteTopic,
      { name, timeoutMs },
      timeoutMs + 1000,
    );
    if (errorCode === code.NONE) await parts.routing.knows(version, timeoutMs);
    return { name, errorCode, errorMessage };
  } catch (error) {
    return { name, ...unreachable(error) };
  }
}

interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

function refuse(topic: CreateRequest['topics'][number], partitionCount: number): Refusal | undefined {
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(topic.name) || topic.name === '.' || topic.name === '..') {
    const errorMessage = 'a topic name has 1 to 249 of a-z A-Z 0-9 . _ - and is neither . nor ..';
    return { errorCode: code.INVALID_TOPIC_EXCEPTION, errorMessage };
  }
  if (topic.assignments.length > 0) {
    return { errorCode: code.INVALID_REPLICA_ASSIGNMENT, errorMessage: 'the name server assigns partitions itself' };
  }
  if (partitionCount < 1 || partitionCount > partitionCountLimit) {
    return { errorCode: code.INVALID_PARTITIONS, errorMessage: `partitions: 1 to ${partitionCountLimit}` };
  }
  if (topic.replicationFactor !== 1 && topic.replicationFactor !== -1) {
    return {
      errorCode: code.INVALID_REPLICATION_FACTOR,
      errorMessage: 'replication factor: 1 or -1; each set has its slaves',
    };
  }
  return undefined;
}

/** NOT_CONTROLLER if nothing can have changed, REQUEST_TIMED_OUT if something may have changed. Clients retry both. */
function unreachable(error: unknown): Refusal {
  return {
    errorCode: neverReached(error) ? code.NOT_CONTROLLER : code.REQUEST_TIMED_OUT,
    errorMessage: messageOf(error),
  };
}

function boundedTimeout(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs, shortestTimeoutMs), longestTimeoutMs);
}
