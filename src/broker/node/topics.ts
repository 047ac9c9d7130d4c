import { messageOf } from '../errors.ts';
import { neverReached } from '../routes/routing.ts';
import { type Route, route } from '../rpc/route.ts';
import { noTopicId } from '../store/log/entry.ts';
import type { Api, RequestOf, ResponseOf } from '../wire/api.ts';
import { addTopics, removeTopics } from '../wire/apis/routes.ts';
import { createTopics, deleteTopics, describeConfigs } from '../wire/apis/topics.ts';
import { code } from '../wire/codes.ts';
import type { NodeParts } from './parts.ts';

/** CreateTopics and DeleteTopics, which are passed on to the name server, and DescribeConfigs, whose answer is empty. */
export function topicRoutes(parts: NodeParts): Route[] {
  return [
    route(createTopics, async (request) => ({ throttleTimeMs: 0, topics: await create(parts, request) })),
    route(deleteTopics, async (request, { version }) => {
      const asked = version >= 6 ? request.topics : request.names.map((name) => ({ name, topicId: noTopicId }));
      return { throttleTimeMs: 0, topics: await remove(parts, asked, request.timeoutMs) };
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
const shortestTimeoutMs = 1000;
const longestTimeoutMs = 60_000;

async function create(parts: NodeParts, request: CreateRequest): Promise<CreatedTopic[]> {
  const twice = repeated(request.topics.map(({ name }) => name));
  const topics = request.topics.map((topic) => ({
    topic,
    partitionCount: topic.partitionCount === -1 ? defaultPartitionCount : topic.partitionCount,
    refusal: twice.has(topic.name) ? namedTwice : refuse(topic),
  }));
  const asked = topics.filter(({ refusal }) => refusal === undefined);
  const timeoutMs = boundedTimeout(request.timeoutMs);
  const wanted = asked.map(({ topic: { name }, partitionCount }) => ({ name, partitionCount, configs: [] }));
  const answers = await change(parts, addTopics, wanted.length, timeoutMs, {
    ...{ topics: wanted, validateOnly: request.validateOnly, timeoutMs },
  });
  const byName = new Map(asked.map(({ topic: { name } }, at) => [name, answers[at]]));
  return topics.map(({ topic: { name }, partitionCount, refusal }) => {
    const answer = refusal ?? byName.get(name) ?? missing;
    return { name, topicId: noTopicId, partitionCount, replicationFactor: 1, configs: [], ...answer };
  });
}

async function remove(
  parts: NodeParts,
  asked: readonly { readonly name: string | null; readonly topicId: string }[],
  requestTimeoutMs: number,
): Promise<DeletedTopic[]> {
  const known = asked.map(({ name, topicId }) => ({ name: name ?? parts.routing.topicName(topicId), topicId }));
  const names = [...new Set(known.flatMap(({ name }) => name ?? []))];
  const timeoutMs = boundedTimeout(requestTimeoutMs);
  const answers = await change(parts, removeTopics, names.length, timeoutMs, { names, timeoutMs });
  const byName = new Map(names.map((name, at) => [name, answers[at]]));
  return known.map(({ name, topicId }) => {
    if (name === undefined) return { name: null, topicId, errorCode: code.UNKNOWN_TOPIC_ID, errorMessage: null };
    return { name, ...(byName.get(name) ?? missing), topicId };
  });
}

interface Answered extends Refusal {
  readonly topicId: string;
}

interface ChangedTopics {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly version: number;
  readonly topics: readonly Answered[];
}

/** Asks the name server for changes of topics, and waits until this node uses them. The answer of each, in order. */
async function change<Q>(
  { routing }: NodeParts,
  api: Api<Q, ChangedTopics>,
  count: number,
  timeoutMs: number,
  request: Q,
): Promise<readonly Answered[]> {
  const all = (answer: Refusal) => Array.from({ length: count }, () => ({ ...answer, topicId: noTopicId }));
  if (count === 0) return [];
  try {
    const { errorCode, errorMessage, version, topics } = await routing.ask(api, request, timeoutMs + 1000);
    if (errorCode !== code.NONE) return all({ errorCode, errorMessage });
    await routing.knows(version, timeoutMs);
    return topics;
  } catch (error) {
    return all(unreachable(error));
  }
}

interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const missing: Refusal = {
  errorCode: code.UNKNOWN_SERVER_ERROR,
  errorMessage: 'the name server did not answer for it',
};
const namedTwice: Refusal = { errorCode: code.INVALID_REQUEST, errorMessage: 'the request names this topic twice' };

function repeated(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

function refuse(topic: CreateRequest['topics'][number]): Refusal | undefined {
  if (topic.assignments.length > 0) {
    return { errorCode: code.INVALID_REPLICA_ASSIGNMENT, errorMessage: 'the name server assigns partitions itself' };
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
