import type { Coordinator } from '../groups/coordinator.ts';
import type { Duty } from '../replication/duty.ts';
import type { NodeAddress } from '../routes/routes.ts';
import type { Routing } from '../routes/routing.ts';
import type { Memory } from '../rpc/memory.ts';
import type { Partition } from '../store/partitions/partition.ts';
import type { Store } from '../store/store.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import type { ProducerIds } from './producer-ids.ts';
import type { Seams } from './seams.ts';
import type { BrokerSettings } from './settings.ts';

/** The parts of a node that its APIs work with. */
export interface NodeParts {
  readonly world: World;
  readonly settings: BrokerSettings;
  /** What all connections hold. */
  readonly memory: Memory;
  readonly store: Store;
  readonly routing: Routing;
  readonly duty: Duty;
  readonly coordinator: Coordinator;
  readonly producerIds: ProducerIds;
  readonly seams: Seams;
}

/** The partition if this node is leader of its set, else the Kafka error code. */
export function ledPartition(
  { routing, settings, store }: NodeParts,
  topicName: string,
  index: number,
): Partition | number {
  const topic = routing.topic(topicName);
  const set = topic?.sets[index];
  if (topic === undefined || set === undefined) return code.UNKNOWN_TOPIC_OR_PARTITION;
  return set === settings.set && store.log.leads ? store.partition(topic.id, index) : code.NOT_LEADER_OR_FOLLOWER;
}

/**
 * The set whose leader coordinates a group. The FNV-1a hash of the group's id chooses among all sets, dead ones included:
 * the choice must not change, because only the log of that set has the group's committed offsets.
 */
function coordinatingSet({ routing }: NodeParts, groupId: string) {
  const sets = routing.routes?.sets ?? [];
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(groupId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return sets[(hash >>> 0) % sets.length];
}

/** Whether this node may answer for the group now. */
export function coordinates(parts: NodeParts, groupId: string): boolean {
  return parts.store.log.leads && coordinatingSet(parts, groupId)?.id === parts.settings.set;
}

/** Where clients reach the leader of the group's set according to the routes; undefined if it has never registered. */
export function coordinatorOf(parts: NodeParts, groupId: string): ClientAddress | undefined {
  const leader = coordinatingSet(parts, groupId)?.leader;
  return nodesOf(parts).find(({ id }) => id === leader);
}

type ClientAddress = Omit<NodeAddress, 'clients'>;

/** All nodes, by id, as clients reach them. This node has its present address, which the name server may not know yet. */
export function nodesOf({ routing, settings }: NodeParts): ClientAddress[] {
  const others = (routing.routes?.sets ?? []).flatMap(({ replicas }) =>
    replicas.filter(({ id }) => id !== settings.id),
  );
  return [...others, settings]
    .map(({ id, host, port, clients = { host, port } }) => ({ id, host: clients.host, port: clients.port }))
    .sort((one, other) => one.id - other.id);
}

/** How many nodes have each partition, whatever a client asks for: a set with all its slaves. The smallest set counts. */
export function copiesOf({ routing }: NodeParts): number {
  const sizes = (routing.routes?.sets ?? []).map(({ replicas }) => replicas.length);
  return sizes.length === 0 ? 1 : Math.min(...sizes);
}
