import type { Life, SetRoute } from '../routes/routes.ts';
import { isInSync } from '../routes/sets.ts';

/** `none`: partitions wait for their leader. `in-sync`: only who has everything acknowledged. `unclean`: anybody. */
export const failovers = ['none', 'in-sync', 'unclean'] as const;
export type Failover = (typeof failovers)[number];

/** A live node and what it last said it holds. */
export interface Candidate extends Life {
  readonly lastEpoch: number;
  readonly end: number;
  /** Its disk has not failed. */
  readonly writable: boolean;
}

/** Who takes over from a leader that is dead or cannot write: in-sync before others, then who is furthest ahead. */
export function successor(set: SetRoute, failover: Failover, alive: readonly Candidate[]): Candidate | undefined {
  // Nobody has led yet: there is nothing to take over, and the master is merely slow to start.
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
