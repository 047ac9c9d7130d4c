import { expect } from 'vitest';
import { CommittedOffsets, groupDeletedEntry, offsetsEntry } from '../../../src/broker/groups/committed.ts';
import { Store, type StoreSettings } from '../../../src/broker/store/store.ts';
import { checkBatch } from '../../../src/broker/wire/record-batch.ts';
import { type BatchOptions, batch, payloadOf } from './batches.ts';
import type { CrashDisk } from './crash-disk.ts';
import { memoryWorld } from './memory-world.ts';

const settings: StoreSettings = {
  segmentBytes: 3000,
  cacheBytes: 300_000,
  checkpointBytes: 700,
  flush: 'async',
  flushIntervalMs: 60_000,
  thoroughFlushIntervalMs: 60_000,
  replication: 'async',
};
/** Ids are never given twice: a deleted topic's successor has another. */
export const topics = Array.from({ length: 200 }, (_, index) => index.toString(16).padStart(32, '0'));
const partitions = [0, 1];

/** A broker's store with its groups, which leads unless it follows. */
export class Life {
  readonly committed = new CommittedOffsets();
  readonly store: Store;

  private constructor(store: Store, committed: CommittedOffsets) {
    this.store = store;
    this.committed = committed;
  }

  static async begin(disk: CrashDisk, changed: Partial<StoreSettings> = {}, follows = false): Promise<Life> {
    const committed = new CommittedOffsets();
    const world = { ...memoryWorld(), disk };
    const store = await Store.open(world, { ...settings, ...changed }, committed);
    if (!follows) store.log.beginEpoch(store.log.epochs.last + 1);
    return new Life(store, committed);
  }

  append(topic: number, partition: number, options: BatchOptions): Promise<{ readonly errorCode: number }> {
    const data = batch(options);
    const header = checkBatch(data, 1_000_000);
    if (typeof header === 'number') throw new Error(`bad batch: ${header}`);
    return this.store.partition(topics[topic] ?? '', partition).append(this.store.log, data, header);
  }

  async commit(group: string, topic: number, partition: number, offset: number): Promise<void> {
    const offsets = [{ topicId: topics[topic] ?? '', partition, offset, leaderEpoch: 0, metadata: `m${offset}` }];
    await this.store.write(offsetsEntry(group, offsets), (end) => this.committed.put(group, offsets, end));
  }

  async deleteGroup(group: string): Promise<void> {
    await this.store.write(groupDeletedEntry(group), (end) => this.committed.deleteGroup(group, end));
  }

  end(): Promise<void> {
    return this.store[Symbol.asyncDispose]();
  }
}

/** Everything that can be seen of a store, and what it remembers of producers. */
export async function stateOf({ store, committed }: Life): Promise<unknown> {
  const seen: unknown[] = [];
  for (const topic of topics) {
    if (!store.holdsTopic(topic)) continue;
    for (const index of partitions) {
      const partition = store.partition(topic, index);
      if (partition.endOffset === 0) continue;
      const batches: string[] = [];
      for (let offset = 0; offset < partition.highWatermark; ) {
        const [first] = await partition.read(store.log, offset, 1, true);
        if (first === undefined) throw new Error(`nothing at ${offset}`);
        batches.push(`${first.readBigInt64BE(0)} ${payloadOf(first)}`);
        offset = Number(first.readBigInt64BE(0)) + first.readInt32BE(57);
      }
      const times = await Promise.all([0, 5, 17, 99].map((timeMs) => partition.recordAt(store.log, timeMs)));
      seen.push({ topic, index, end: partition.endOffset, batches, times, producers: partition.producers.states });
    }
  }
  const groups = committed
    .groupIds()
    .sort()
    .map((id) => [id, committed.all(id).sort(byOffset)]);
  return { end: store.log.end, epochs: store.log.epochs.starts, seen, groups };
}

export function checkpointsOf(disk: CrashDisk): number[] {
  const names = disk.names('checkpoint-').filter((name) => !name.endsWith('.new'));
  return names.map((name) => Number(name.slice('checkpoint-'.length)));
}

export function flip(content: Buffer, at = content.length - 1): Buffer {
  content[at] = (content[at] ?? 0) ^ 1;
  return content;
}

const byOffset = (one: { offset: number }, other: { offset: number }) => one.offset - other.offset;

export function withoutCheckpoints(disk: CrashDisk): CrashDisk {
  const bare = disk.afterKill();
  for (const name of bare.names('checkpoint-')) bare.change(name, () => undefined);
  return bare;
}

/** That a start from the checkpoint comes to what a reading of the whole log comes to; returns what was reported. */
export async function expectSame(disk: CrashDisk): Promise<string> {
  const some = await Life.begin(disk.afterKill(), {}, true);
  const all = await Life.begin(withoutCheckpoints(disk), {}, true);
  expect(all.store.recovery).toMatchObject({ from: 0, checkpoint: 'none' });
  expect(some.store.recovery.bytes).toBe(all.store.recovery.bytes);
  expect(await stateOf(some)).toEqual(await stateOf(all));
  return some.store.recovery.checkpoint;
}

/** A life with a bit of everything. Whatever was answered is noted. */
export async function liveALittle(life: Life, answered: string[], from: number): Promise<void> {
  for (let round = from; round < from + 12; round++) {
    const payload = `round ${round}`;
    const partition = round % 2;
    await life.append(0, partition, {
      payload,
      producerId: 7,
      epoch: from,
      sequence: (round - from) >> 1,
      timestampMs: round,
    });
    answered.push(payload);
    await life.commit(`g${round % 3}`, 0, partition, round);
    if (round === from + 3) await life.append(1, 0, { payload: 'doomed', count: 3 });
    if (round === from + 5) await life.deleteGroup('g1');
    if (round === from + 6) await life.store.deleteTopic(topics[1] ?? '');
  }
}
