import { expect, test } from 'vitest';
import { Producers } from '../../../src/broker/store/partitions/producers.ts';
import { readBatchHeader } from '../../../src/broker/wire/record-batch.ts';
import { batch } from '../support/batches.ts';
import { CrashDisk } from '../support/crash-disk.ts';
import { flip, Life, topics } from '../support/lives.ts';

const topic = topics[0] ?? '';
const length = 1500;

/** A partition so long that most of its index is on the disk only: batches of 1 and 2 records, times that go up and down. */
async function longPartition(disk: CrashDisk): Promise<Life> {
  const life = await Life.begin(disk, { segmentBytes: 1_000_000, checkpointBytes: 50_000 });
  const appended: Promise<unknown>[] = [];
  for (let index = 0; index < length; index++) {
    appended.push(life.append(0, 0, { count: 1 + (index % 2), timestampMs: timeOf(index) }));
    if (index % 50 === 0) await Promise.all(appended);
  }
  await Promise.all(appended);
  return life;
}

const timeOf = (index: number) => 1000 + index - (index % 10 === 3 ? 500 : 0);
const offsetOf = (index: number) => index + Math.floor(index / 2);

test.each(['at once', 'after a restart'])(
  'an index that is not in memory finds every offset and time: %s',
  async (when) => {
    const disk = new CrashDisk();
    let life = await longPartition(disk);
    if (when === 'after a restart') {
      await life.end();
      life = await Life.begin(disk);
      expect(life.store.recovery).toMatchObject({ checkpoint: 'used', entries: 0 });
    }
    const { store } = life;
    const partition = store.partition(topic, 0);
    expect(partition.endOffset).toBe(offsetOf(length));
    for (let index = 0; index < length; index += 7) {
      const [first] = await partition.read(store.log, offsetOf(index), 1, true);
      expect(Number(first?.readBigInt64BE(0))).toBe(offsetOf(index));
      const expected = Array.from({ length }, (_, at) => at).find((at) => timeOf(at) >= 1000 + index) ?? 0;
      expect(await partition.recordAt(store.log, 1000 + index)).toMatchObject({
        offset: offsetOf(expected),
        timestampMs: timeOf(expected),
      });
    }
    const all = await partition.read(store.log, 0, 10_000_000, true);
    expect(all.map((one) => Number(one.readBigInt64BE(0)))).toEqual(
      Array.from({ length }, (_, index) => offsetOf(index)),
    );
    expect(await partition.recordAt(store.log, 9999)).toBeUndefined();
    const last = await Promise.all([3, 2, 1].map((back) => partition.queue.at(length - back)));
    const lastBytes = last.reduce((sum, one) => sum + (one?.sizeBytes ?? 0), 0);
    expect(partition.availableBytes(offsetOf(length - 3), 1_000_000)).toBe(lastBytes);
    // Far behind: not worth asking the disk.
    expect(partition.availableBytes(0, 1_000_000)).toBe(1_000_000);
    expect(partition.availableBytes(offsetOf(length), 1)).toBe(0);
  },
);

test('what the file of an index was not given is not served', async () => {
  const disk = new CrashDisk();
  await (await longPartition(disk)).end();
  disk.change(`index/${topic}-0`, (content) => flip(content, 200 * 32 + 10));
  const { store } = await Life.begin(disk, {}, true);
  const partition = store.partition(topic, 0);
  await expect(partition.read(store.log, offsetOf(200), 1, true)).rejects.toThrow('bad checksum');
  expect((await partition.read(store.log, offsetOf(400), 1, true)).length).toBe(1);
});

test('a disk that refuses the index keeps nobody from appending and reading', async () => {
  const disk = new CrashDisk();
  const life = await Life.begin(disk, { segmentBytes: 1_000_000, checkpointBytes: 0 });
  disk.refused = 'index/';
  for (let index = 0; index < 600; index++) await life.append(0, 0, {});
  const partition = life.store.partition(topic, 0);
  expect((await partition.read(life.store.log, 0, 1_000_000, true)).length).toBe(600);
  disk.refused = undefined;
  for (let index = 0; index < 200; index++) await life.append(0, 0, {});
  await life.end();
  expect((await partition.read(life.store.log, 700, 1, true)).length).toBe(1);
});

test('of producers that wrote to a partition the last 10,000 are remembered', () => {
  const producers = new Producers();
  const header = (producerId: number, sequence: number) =>
    readBatchHeader(batch({ producerId, epoch: 0, sequence, count: 1 }));
  for (let id = 0; id < 10_000; id++) producers.record(header(id, 0), id);
  producers.record(header(0, 1), 10_000);
  const undo = producers.record(header(10_000, 0), 10_001);
  expect(producers.judge(header(0, 1))).toEqual({ verdict: 'duplicate', baseOffset: 10_000 });
  expect(producers.judge(header(1, 0))).toEqual({ verdict: 'new' });
  expect(producers.states.length).toBe(10_000);
  expect(new Producers(producers.states).states).toEqual(producers.states);
  undo();
  expect(producers.judge(header(1, 0))).toEqual({ verdict: 'duplicate', baseOffset: 1 });
});
