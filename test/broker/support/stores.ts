import { CommittedOffsets } from '../../../src/broker/groups/committed.ts';
import type { Appended } from '../../../src/broker/store/partitions/partition.ts';
import { Store, type StoreSettings } from '../../../src/broker/store/store.ts';
import { checkBatch } from '../../../src/broker/wire/record-batch.ts';
import type { Clock } from '../../../src/broker/world/world.ts';
import { type BatchOptions, batch, payloadOf } from './batches.ts';
import { MemoryDisk, memoryWorld } from './memory-world.ts';

export const topic = 'ab'.repeat(16);

export interface StoreOptions extends Partial<StoreSettings> {
  readonly disk?: MemoryDisk;
  readonly clock?: Clock;
  readonly committed?: CommittedOffsets;
  /** `undefined`: it follows. */
  readonly epoch?: number | undefined;
}

/** A store in a memory world. It leads, in the epoch of its log, unless told otherwise. */
export async function openStore(options: StoreOptions = {}): Promise<Store> {
  const { disk = new MemoryDisk(), clock, committed = new CommittedOffsets(), epoch, ...changed } = options;
  const settings: StoreSettings = {
    segmentBytes: 1_000_000,
    cacheBytes: 1_000_000,
    checkpointBytes: 0,
    flush: 'async',
    flushIntervalMs: 60_000,
    thoroughFlushIntervalMs: 60_000,
    replication: 'async',
    ...changed,
  };
  const store = await Store.open(memoryWorld(undefined, disk, clock), settings, committed);
  if (!('epoch' in options)) store.log.beginEpoch(store.log.epochs.last);
  else if (epoch !== undefined) store.log.beginEpoch(epoch);
  return store;
}

export function append(store: Store, partition: number, options: BatchOptions = {}): Promise<Appended> {
  const data = batch(options);
  const header = checkBatch(data, 1_000_000);
  if (typeof header === 'number') throw new Error(`bad batch: ${header}`);
  return store.partition(topic, partition).append(store.log, data, header);
}

/** What consumers are shown. */
export async function payloads(store: Store, partition: number, from = 0): Promise<string[]> {
  return (await store.partition(topic, partition).read(store.log, from, 1_000_000, true)).map(payloadOf);
}
