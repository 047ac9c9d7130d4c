import { beforeAll, describe, expect, test } from 'vitest';
import { CommittedOffsets, offsetsEntry } from '../../../src/broker/groups/committed.ts';
import { indexRecordBytes } from '../../../src/broker/store/index/index-record.ts';
import { chunkLength } from '../../../src/broker/store/index/recent-chunks.ts';
import type { Store } from '../../../src/broker/store/store.ts';
import { MemoryDisk } from '../support/memory-world.ts';
import { append, openStore, payloads, topic } from '../support/stores.ts';

/*
 * Damage where a start does not look, because a checkpoint stands for it: no damaged record is served, and a checkpoint
 * or an index that is damaged itself, or says more than the log has, is not gone by.
 */

const segment = 'commit-log/0000000000000000.log';
const index = `index/${topic}-0`;
/** Enough for an index of which a part is not kept in memory. */
const expected = Array.from({ length: 3 * chunkLength + 10 }, (_, at) => `payload ${at}`);

let stopped: MemoryDisk;
/** Ends of the batches in the log. */
let ends: number[] = [];

beforeAll(async () => {
  stopped = new MemoryDisk();
  await using store = await open(stopped);
  await store.write(offsetsEntry('g', [{ topicId: topic, partition: 0, offset: 7, leaderEpoch: 0, metadata: null }]));
  ends = (await Promise.all(expected.map((payload) => append(store, 0, { payload })))).map(({ end }) => end);
});

const checkpoints = (disk: MemoryDisk) => [...disk.files.keys()].filter((name) => name.startsWith('checkpoint-'));

test('a checkpoint stands for the whole log here', async () => {
  expect(checkpoints(stopped).length).toBe(1);
  await using store = await open(stopped.copy());
  expect(store.recovery).toMatchObject({ checkpoint: 'used', entries: 0, bytes: ends.at(-1), cut: null });
  expect(await payloads(store, 0)).toEqual(expected);
});

describe('the log', () => {
  test.each([0, 200])('with any bit of batch %i flipped: that is refused, all others are served', async (at) => {
    const [start = 0, end = 0] = [at === 0 ? startOfBatches() : ends[at - 1], ends[at]];
    for (let bit = start * 8; bit < end * 8; bit++) {
      await using store = await open(withFlipped(segment, bit));
      expect(store.recovery).toMatchObject({ checkpoint: 'used', cut: null });
      await expect(payloads(store, 0, at)).rejects.toMatchObject({ code: 'damaged-entry' });
      await expect(store.log.readRaw(start, 1)).rejects.toMatchObject({ code: 'damaged-entry' });
      if (at + 1 < expected.length) expect((await payloads(store, 0, at + 1))[0]).toBe(expected[at + 1]);
    }
  });

  test('cut behind any byte of the last two entries: every whole entry is kept, the checkpoint is not gone by', async () => {
    for (let length = ends.at(-3) ?? 0; length < (ends.at(-1) ?? 0); length++) {
      const disk = stopped.copy();
      disk.files.set(segment, content(disk, segment).subarray(0, length));
      const kept = ends.filter((end) => end <= length);
      const position = kept.at(-1) ?? 0;
      const committed = new CommittedOffsets();
      {
        await using store = await open(disk, committed);
        expect(store.recovery).toMatchObject({ from: 0, entries: kept.length + 1, bytes: position });
        if (length > position) expect(store.recovery.cut).toMatchObject({ kind: 'torn', bytes: length - position });
        else expect(store.recovery.cut).toBeNull();
        expect(await payloads(store, 0)).toEqual(expected.slice(0, kept.length));
        expect(committed.get('g', topic, 0)?.offset).toBe(7);
        await append(store, 0, { payload: 'after' });
      }
      await using again = await open(disk);
      expect(again.recovery.cut).toBeNull();
      expect(await payloads(again, 0)).toEqual([...expected.slice(0, kept.length), 'after']);
    }
  });
});

describe('what was derived', () => {
  test('a checkpoint with any flipped bit, cut anywhere or gone changes nothing that is told', async () => {
    const [checkpoint = ''] = checkpoints(stopped);
    const { length } = content(stopped, checkpoint);
    const damaged: MemoryDisk[] = [];
    for (let bit = 0; bit < length * 8; bit++) damaged.push(withFlipped(checkpoint, bit));
    for (let size = 0; size < length; size++) damaged.push(withCut(checkpoint, size));
    for (const disk of damaged) await expectWhole(disk);
    const none = stopped.copy();
    none.files.delete(checkpoint);
    await expectWhole(none);
  });

  test('an index that is shorter or gone is derived anew', async () => {
    const { length } = content(stopped, index);
    for (const size of [0, 1, indexRecordBytes, length - indexRecordBytes, length - 1]) {
      await expectWhole(withCut(index, size));
    }
    const none = stopped.copy();
    none.files.delete(index);
    await expectWhole(none);
  });

  test('an index with any flipped bit is derived anew or refused: it never leads to a wrong record', async () => {
    const { length } = content(stopped, index);
    const records = [0, 1, chunkLength - 1, chunkLength, 2 * chunkLength, length / indexRecordBytes - 1];
    let refusals = 0;
    for (const record of records) {
      for (let bit = 0; bit < indexRecordBytes * 8; bit++) {
        await using store = await open(withFlipped(index, record * indexRecordBytes * 8 + bit));
        expect(store.recovery).toMatchObject({ bytes: ends.at(-1), cut: null });
        const read = await payloads(store, 0).catch((error: unknown) => error);
        if (Array.isArray(read)) expect(read).toEqual(expected);
        else expect(read).toMatchObject({ code: 'damaged-index' });
        if (!Array.isArray(read)) refusals += 1;
      }
    }
    expect(refusals).toBeGreaterThan(0);
    expect(refusals).toBeLessThan(records.length * indexRecordBytes * 8);
  });
});

async function expectWhole(disk: MemoryDisk): Promise<void> {
  const committed = new CommittedOffsets();
  await using store = await open(disk, committed);
  expect(store.recovery).toMatchObject({ from: 0, entries: expected.length + 1, bytes: ends.at(-1), cut: null });
  expect(await payloads(store, 0)).toEqual(expected);
  expect(committed.get('g', topic, 0)?.offset).toBe(7);
}

function open(disk: MemoryDisk, committed = new CommittedOffsets()): Promise<Store> {
  // A checkpoint is written when the store is closed, and not before.
  return openStore({ disk, committed, checkpointBytes: 1_000_000 });
}

function content(disk: MemoryDisk, name: string): Buffer {
  return disk.files.get(name) ?? Buffer.alloc(0);
}

function withFlipped(name: string, bit: number): MemoryDisk {
  const disk = stopped.copy();
  const data = content(disk, name);
  const at = Math.floor(bit / 8);
  data[at] = (data[at] ?? 0) ^ (1 << (bit % 8));
  return disk;
}

function withCut(name: string, sizeBytes: number): MemoryDisk {
  const disk = stopped.copy();
  disk.files.set(name, content(disk, name).subarray(0, sizeBytes));
  return disk;
}

/** The entry of the group is before them. */
function startOfBatches(): number {
  return content(stopped, segment).readUInt32BE(4);
}
