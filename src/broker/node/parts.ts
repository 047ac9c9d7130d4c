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
export function coordinatorOf(parts: MasterParts, groupId: string): MasterAddress | undefined {
  const masters = mastersOf(parts);
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(groupId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return masters[(hash >>> 0) % masters.length];
}

/** All masters by id; this one with the address it has now, which the name server may not have heard of yet. */
export function mastersOf({ routing, settings }: MasterParts): MasterAddress[] {
  const others = (routing.routes?.masters ?? []).filter(({ id }) => id !== settings.id);
  const self = { id: settings.id, host: settings.host, port: settings.port };
  return [...others, self].sort((one, other) => one.id - other.id);
}
