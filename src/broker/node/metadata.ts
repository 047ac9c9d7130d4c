import { type Route, route } from '../rpc/route.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';
import { describeCluster, metadata, operationsNotAsked } from '../wire/apis/topics.ts';
import { code } from '../wire/codes.ts';
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
    route(describeCluster, () => ({
      throttleTimeMs: 0,
      errorCode: code.NONE,
      errorMessage: null,
      clusterId: parts.routing.routes?.clusterId ?? '',
      controllerId: parts.settings.id,
      brokers: brokersOf(parts),
      operations: operationsNotAsked,
    })),
  ];
}

type Response = ResponseOf<typeof metadata>;

function metadataOf(parts: NodeParts, request: RequestOf<typeof metadata>, version: number): Response {
  const all = request.topics === null || (version === 0 && request.topics.length === 0);
  const names = all
    ? (parts.routing.routes?.topics ?? []).map(({ name }) => name)
    : (request.topics ?? []).map(({ name }) => name);
  return {
    throttleTimeMs: 0,
    brokers: brokersOf(parts),
    clusterId: parts.routing.routes?.clusterId ?? null,
    controllerId: parts.settings.id,
    topics: [...new Set(names)].map((name) => topicOf(parts, name)),
    clusterOperations: operationsNotAsked,
  };
}

function brokersOf(parts: NodeParts) {
  return nodesOf(parts).map(({ id, host, port }) => ({ nodeId: id, host, port, rack: null }));
}

function topicOf({ routing }: NodeParts, name: string): Response['topics'][number] {
  const topic = routing.topic(name);
  const sets = new Map(routing.routes?.sets.map((set) => [set.id, set]));
  return {
    errorCode: topic === undefined ? code.UNKNOWN_TOPIC_OR_PARTITION : code.NONE,
    name,
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
