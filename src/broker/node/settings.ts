import type { RoutingSettings } from '../routes/routing.ts';
import type { Entry } from '../rpc/login/gate.ts';
import type { StoreSettings } from '../store/store.ts';

export interface BrokerSettings extends RoutingSettings, StoreSettings {
  readonly port: number;
  /** Further addresses at which it listens for clients, at the same port. */
  readonly listen?: readonly string[];
  /** What clients must bring; absent: nothing. */
  readonly entry?: Entry;
  /** Where clients and other nodes are told to reach this node; absent: at the host and the port that it listens on. */
  readonly advertised?: { readonly host: string; readonly port: number };
  /**
   * How long a start waits for the name server, and then until the node is leader or in-sync, before the node says that it
   * is ready. It goes on trying afterwards.
   */
  readonly nameServerWaitMs: number;
  readonly maxBatchBytes: number;
  /** How many partitions a topic has that is created by being asked for; 0: none is. */
  readonly autoCreate: number;
  readonly maxRequestBytes: number;
  /** What all connections together may hold of requests and of answers that are not read yet. */
  readonly connectionBytes: number;
  /** With replication sync: with fewer nodes in-sync, this one included, appends with acks=all are refused. */
  readonly inSyncReplicas: number;
  /** With replication sync: how long an answer waits for confirmations of slaves. */
  readonly replicaTimeoutMs: number;
  /** A slave that has not confirmed an entry for so long is taken out of in-sync, if the name server agrees. */
  readonly replicaLagMs: number;
  /** How long the first member of a group waits for others. */
  readonly groupInitialDelayMs: number;
}
