/**
 * Which broker leads each partition, as last known. kafkajs shows its leaders as node ids with each send; the addresses
 * come from the cluster, asked at the start and again after failures, one question at a time.
 */
import type { PartitionMetadata } from 'kafkajs';
import type { BrokerAccess } from '../../driver.ts';
import { openWire } from './wire.ts';

const askMs = 3_000;
const refreshEveryMs = 1_000;

export class Routes {
  readonly #access: BrokerAccess;
  readonly #topic: string;
  readonly #signal: AbortSignal;
  readonly #addresses = new Map<number, string>();
  #leaders: readonly number[] = [];
  #seen: readonly PartitionMetadata[] | undefined;
  #asking = false;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(access: BrokerAccess, topic: string, signal: AbortSignal) {
    this.#access = access;
    this.#topic = topic;
    this.#signal = signal;
  }

  list(): readonly string[] {
    return this.#leaders.map((id) => this.#addresses.get(id) ?? `node ${id}`);
  }

  /** Called with each send; kafkajs hands the same array over until it asked the cluster again. */
  learn(metadata: readonly PartitionMetadata[]): void {
    if (metadata === this.#seen) return;
    this.#seen = metadata;
    this.#set(metadata.map(({ partitionId, leader }) => ({ partition: partitionId, leader })));
  }

  refreshSoon(): void {
    if (this.#asking || performance.now() - this.#askedAtMs < refreshEveryMs) return;
    void this.refresh();
  }

  async refresh(): Promise<void> {
    this.#asking = true;
    try {
      const wire = await openWire(this.#access, askMs);
      try {
        const { brokers, partitions } = await wire.metadata(this.#topic, this.#signal);
        for (const { id, address } of brokers) this.#addresses.set(id, address);
        this.#set(partitions);
      } finally {
        wire.end();
      }
    } catch {
      // Nobody answers: what was last known stays.
    } finally {
      this.#asking = false;
      this.#askedAtMs = performance.now();
    }
  }

  #set(partitions: readonly { partition: number; leader: number }[]): void {
    const leaders: number[] = [];
    for (const { partition, leader } of partitions) leaders[partition] = leader;
    this.#leaders = leaders;
  }
}
