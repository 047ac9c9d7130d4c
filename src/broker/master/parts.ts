import type { Coordinator } from '../groups/coordinator.ts';
import type { MasterAddress } from '../name-server/routes.ts';
import type { Partition } from '../store/partition.ts';
import type { Store } from '../store/store.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import type { ProducerIds } from './producer-ids.ts';
import type { Routing } from './routing.ts';
import type { MasterSettings } from './settings.ts';

/** What the APIs of a master work with. */
export interface MasterParts {
  readonly world: World;
  readonly settings: MasterSettings;
  readonly store: Store;
  readonly routing: Routing;
  readonly coordinator: Coordinator;
  readonly producerIds: ProducerIds;
}

/** The partition if this master leads it, else the Kafka error code. */
export function ledPartition(
  { routing, settings, store }: MasterParts,
  topicName: string,
  index: number,
): Partition | number {
  const topic = routing.topic(topicName);
  const leader = topic?.leaders[index];
  if (topic === undefined || leader === undefined) return code.UNKNOWN_TOPIC_OR_PARTITION;
  return leader === settings.id ? store.partition(topic.id, index) : code.NOT_LEADER_OR_FOLLOWER;
}

/**
 * Which master coordinates a group: FNV-1a of its id over all masters that ever registered, dead ones included. A dead
 * one's groups wait for it: there is no failover of groups, so nothing else may give out their offsets.
 */
export function coordinatorOf({ routing }: Pick<MasterParts, 'routing'>, groupId: string): MasterAddress | undefined {
  const masters = routing.routes?.masters ?? [];
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(groupId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return masters[(hash >>> 0) % Math.max(1, masters.length)];
}
