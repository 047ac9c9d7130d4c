import { messageOf } from '../errors.ts';
import type { Life, SetRoute } from '../routes/routes.ts';
import type { Routing } from '../routes/routing.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world/world.ts';

export interface ReplicationSettings {
  readonly set: number;
  readonly secret: string;
  readonly replication: 'async' | 'sync';
  readonly flush: 'async' | 'sync';
  /** A slave that has not confirmed an entry for so long is taken out of in-sync, if the name server agrees. */
  readonly replicaLagMs: number;
}

/** The parts of the node that replication works with. */
export interface ReplicationParts {
  readonly world: World;
  readonly settings: ReplicationSettings;
  readonly store: Store;
  readonly routing: Routing;
  /** This node in this life. */
  readonly self: Life;
}

/** How long another node may take to accept a connection, or to answer beyond the time that it was asked to wait. */
export const peerTimeoutMs = 2000;
/** How long this node waits before it repeats something that failed. */
export const retryDelayMs = 100;
/** How long the leader lets a pull wait for new entries. */
export const pullWaitMs = 500;
export const pullBytes = 4 * 1024 * 1024;

export function othersOf(set: SetRoute, self: Life) {
  return set.replicas.filter(({ id }) => id !== self.id);
}

/**
 * Entries of the own log for another replica. Undefined if they cannot be read, which is told: no entry begins there, as a
 * damaged request has it, or the log itself is damaged.
 */
export async function entriesFor(
  { store, world }: ReplicationParts,
  position: number,
  maxBytes: number,
): Promise<Buffer | undefined> {
  try {
    return await store.log.readRaw(position, Math.min(maxBytes, pullBytes));
  } catch (error) {
    world.log(`cannot give entries from ${position} on: ${messageOf(error)}`);
    return undefined;
  }
}
