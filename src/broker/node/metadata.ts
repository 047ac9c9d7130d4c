import { type Route, route } from '../rpc/route.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { addTopics } from '../wire/apis/routes.ts';
import { describeCluster, metadata, operationsNotAsked } from '../wire/apis/topics.ts';
import { code } from '../wire/codes.ts';
import { changeTopics } from './admin/changes.ts';
import { type NodeParts, nodesOf } from './parts.ts';

/**
 * Metadata and DescribeCluster, answered from the routes that this node knows. A dead leader stays in the answer, without
 * an error, until there is another one, as in RocketMQ. The reason: kafkajs refuses a whole answer in which one partition
 * has no leader, and then cannot send to the other partitions either. Every node says that it is the controller, because
 * it passes requests for the controller on to the name server.
 */
export function metadataRoutes(parts: NodeParts): Route[] {
  return [
    route(metadata, (request, { version }) => metadataOf(parts, request, version)),
    route(describeCluster, ({ endpointType }, { version }) => {
      const asksForBrokers = version === 0 || endpointType === brokers;
      return {
        throttleTimeMs: 0,
        errorCode: asksForBrokers ? code.NONE : code.MISMATCHED_ENDPOINT_TYPE,
        errorMessage: asksForBrokers ? null : 'this is a broker, and the controller has no port for clients',
        endpointType: brokers,
        clusterId: parts.routing.routes?.clusterId ?? '',
        controllerId: parts.settings.id,
        brokers: asksForBrokers ? brokersOf(parts) : [],
        operations: operationsNotAsked,
      };
    }),
  ];
}

/** The type of endpoint that DescribeCluster is told of (1+). */
const brokers = 1;

type Request = RequestOf<typeof metadata>;
type Response = ResponseOf<typeof metadata>;

async function metadataOf(parts: NodeParts, request: Request, version: number): Promise<Response> {
  const isAll = request.topics === null || (version === 0 && request.topics.length === 0);
  const asked = isAll ? (parts.routing.routes?.topics ?? []) : await named(parts, request, version);
  const topics = new Map(asked.map((one) => [one.name ?? one.id, one]));
  return {
    throttleTimeMs: 0,
    brokers: brokersOf(parts),
    clusterId: parts.routing.routes?.clusterId ?? null,
    controllerId: parts.settings.id,
    topics: [...topics.values()].map(({ name, id }) => topicOf(parts, name, id)),
    clusterOperations: operationsNotAsked,
  };
}

/** The topics of a request, by name; or by id, where there is none of that id. Creates what may be created. */
async function named(parts: NodeParts, request: Request, version: number) {
  const asked = (request.topics ?? []).map(({ name, topicId }) => ({
    name: name ?? parts.routing.topicName(topicId) ?? null,
    id: topicId,
  }));
  const { autoCreate } = parts.settings;
  const mayCreate = autoCreate > 0 && (version < 4 || request.allowAutoTopicCreation);
  const missing = mayCreate
    ? asked.flatMap(({ name }) => (name === null || parts.routing.topic(name) ? [] : name))
    : [];
  const topics = [...new Set(missing)].map((name) => ({ name, partitionCount: autoCreate, configs: [] }));
  await changeTopics(parts, addTopics, topics, createTimeoutMs, (wanted, timeoutMs) => ({
    ...{ topics: wanted, validateOnly: false, timeoutMs },
  }));
  return asked;
}

const createTimeoutMs = 5000;

function brokersOf(parts: NodeParts) {
  return nodesOf(parts).map(({ id, host, port }) => ({ nodeId: id, host, port, rack: null, isFenced: false }));
}

function topicOf({ routing }: NodeParts, name: string | null, topicId: string): Response['topics'][number] {
  const topic = name === null ? undefined : routing.topic(name);
  const unknown = name === null ? code.UNKNOWN_TOPIC_ID : code.UNKNOWN_TOPIC_OR_PARTITION;
  const sets = new Map(routing.routes?.sets.map((set) => [set.id, set]));
  return {
    errorCode: topic === undefined ? unknown : code.NONE,
    name,
    topicId: topic?.id ?? topicId,
    internal: false,
    partitions: (topic?.sets ?? []).map((setId, index) => {
      const set = sets.get(setId);
      return {
        errorCode: code.NONE,
        index,
        leaderId: set?.leader ?? -1,
        leaderEpoch: set?.epoch ?? -1,
        replicas: (set?.replicas ?? []).map(({ id }) => id),
        inSyncReplicas: (set?.inSync ?? []).map(({ id }) => id),
        offlineReplicas: [],
      };
    }),
    operations: operationsNotAsked,
  };
}
