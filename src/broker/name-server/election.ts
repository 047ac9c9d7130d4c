import type { Life, SetRoute } from '../routes/routes.ts';
import { isInSync } from '../routes/sets.ts';

/**
 * Which node may succeed a lost leader. `none`: no node, the partitions wait for their leader. `in-sync`: only a node that
 * has everything acknowledged. `unclean`: any node.
 */
export const failovers = ['none', 'in-sync', 'unclean'] as const;
export type Failover = (typeof failovers)[number];

/** A live node, and what its log had when the node last reported. */
export interface Candidate extends Life {
  readonly lastEpoch: number;
  readonly end: number;
  /** False when its disk has failed. */
  readonly writable: boolean;
}

/** The successor of a leader that is dead or cannot write: an in-sync node if there is one, of these the most advanced. */
export function successor(set: SetRoute, failover: Failover, alive: readonly Candidate[]): Candidate | undefined {
  // With epoch 0 the set has had no leader yet: its master is merely slow to start.
  if (failover === 'none' || set.epoch === 0) return undefined;
  const others = alive.filter(
    ({ id, writable }) => writable && id !== set.leader && set.replicas.some((replica) => replica.id === id),
  );
  const inSync = others.filter((one) => isInSync(set, one));
  return best(inSync) ?? (failover === 'unclean' ? best(others) : undefined);
}

function best(candidates: readonly Candidate[]): Candidate | undefined {
  return [...candidates].sort(
    (one, other) => other.lastEpoch - one.lastEpoch || other.end - one.end || one.id - other.id,
  )[0];
}
