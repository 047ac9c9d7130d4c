import type { StoreSettings } from '../store/store.ts';

export interface BrokerSettings extends StoreSettings {
  readonly id: number;
  /** The set it belongs to: its own id for a master, the master's for a slave. */
  readonly set: number;
  readonly host: string;
  readonly port: number;
  readonly nameServer: { readonly host: string; readonly port: number };
  /**
   * How long a start waits for the name server, and then for its place as leader or in-sync slave, before it says that it
   * is ready; it goes on trying afterwards.
   */
  readonly nameServerWaitMs: number;
  /** How often at least the node reports to the name server. */
  readonly heartbeatIntervalMs: number;
  readonly maxBatchBytes: number;
  readonly maxRequestBytes: number;
  /** With replication sync: so many copies must be in-sync, this one included, or nothing is taken with acks=all. */
  readonly inSyncReplicas: number;
  /** With replication sync: how long an answer waits for slaves. */
  readonly replicaTimeoutMs: number;
  /** A slave that has not confirmed an entry for so long is taken out of in-sync, if the name server agrees. */
  readonly replicaLagMs: number;
  /** How long the first member of a group waits for others. */
  readonly groupInitialDelayMs: number;
  /** Ways in which it is to lie; none in earnest. */
  readonly defects?: readonly string[];
}
