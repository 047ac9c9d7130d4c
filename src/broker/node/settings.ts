export interface MasterSettings {
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
  readonly segmentBytes: number;
  readonly syncIntervalMs: number;
  readonly cacheBytes: number;
  /** How long the first member of a group waits for others. */
  readonly groupInitialDelayMs: number;
}
