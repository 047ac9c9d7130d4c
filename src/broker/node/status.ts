import { coordinates, type NodeParts } from './parts.ts';

/** What a node leads and coordinates. Offsets are those that consumers see. */
export interface NodeStatus {
  readonly partitions: readonly PartitionStatus[];
  readonly groups: readonly GroupStatus[];
}

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

export interface GroupStatus {
  readonly group: string;
  readonly state: string;
  readonly members: readonly { readonly id: string; readonly clientId: string; readonly host: string }[];
  readonly committed: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
  /** Since this node started to coordinate the group; null: there was none since. */
  readonly lastCommitAgeMs: number | null;
}

export function statusOf(parts: NodeParts): NodeStatus {
  const { store, routing, settings, coordinator, world } = parts;
  if (!store.log.leads) return { partitions: [], groups: [] };
  const partitions = (routing.routes?.topics ?? []).flatMap(({ id, name, sets }) =>
    sets.flatMap((set, index) => {
      if (set !== settings.set) return [];
      const { logStartOffset: start, highWatermark: end } = store.partition(id, index);
      return [{ topic: name, partition: index, start, end }];
    }),
  );
  const groups = coordinator.list().filter(({ id }) => coordinates(parts, id));
  return {
    partitions,
    groups: groups.map(({ id, state, members }) => {
      const committedAtMs = coordinator.committedAtMs(id);
      return {
        group: id,
        state,
        members: members.map(({ id: member, clientId, clientHost: host }) => ({ id: member, clientId, host })),
        committed: coordinator.committed.all(id).flatMap(({ topicId, partition, offset }) => {
          const topic = routing.topicName(topicId);
          return topic === undefined ? [] : [{ topic, partition, offset }];
        }),
        lastCommitAgeMs: committedAtMs === undefined ? null : Math.round(world.clock.nowMs() - committedAtMs),
      };
    }),
  };
}
