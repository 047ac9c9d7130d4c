import type { StoreSettings } from '../store/store.ts';

export interface MasterSettings extends StoreSettings {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly nameServer: { readonly host: string; readonly port: number };
  /** How long a start waits for the name server before it serves what the last routes on its disk say. */
  readonly nameServerWaitMs: number;
  /** How often at least the master reports to the name server. */
  readonly heartbeatIntervalMs: number;
  readonly maxBatchBytes: number;
  readonly maxRequestBytes: number;
  /** With replication sync: so many copies must be in-sync, this one included, or nothing is taken with acks=all. */
  readonly inSyncReplicas: number;
  /** With replication sync: how long an answer waits for slaves. */
  readonly replicaTimeoutMs: number;
  /** How long the first member of a group waits for others. */
  readonly groupInitialDelayMs: number;
}
