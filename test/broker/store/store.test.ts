import { describe, expect, test } from 'vitest';
import { entryHeaderBytes } from '../../../src/broker/store/log/entry.ts';
import type { Store } from '../../../src/broker/store/store.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import { checkBatch } from '../../../src/broker/wire/record-batch.ts';
import { batch, payloadOf } from '../support/batches.ts';
import { MemoryDisk } from '../support/memory-world.ts';
import { append, openStore, payloads, topic } from '../support/stores.ts';

const segment = 'commit-log/0000000000000000.log';

const open = (disk: MemoryDisk, segmentBytes = 1_000_000) => openStore({ disk, segmentBytes });

/** A log of three entries in two partitions, and where each begins. */
async function threeEntries(): Promise<{ disk: MemoryDisk; starts: number[] }> {
  const disk = new MemoryDisk();
  await using store = await open(disk);
  const starts: number[] = [];
  for (const [partition, payload] of [
    [0, 'first'],
    [1, 'second'],
    [0, 'third'],
  ] as const) {
    starts.push(store.log.end);
    await append(store, partition, {
      payload,
      producerId: 5,
      epoch: 0,
      sequence: partition === 0 && payload === 'third' ? 1 : 0,
    });
  }
  return { disk, starts };
}

async function stored(store: Store): Promise<string[]> {
  return [...(await payloads(store, 0)), ...(await payloads(store, 1))];
}

describe('recovery', () => {
  test('an intact log comes back whole', async () => {
    const { disk } = await threeEntries();
    await using store = await open(disk.copy());
    expect(store.recovery).toMatchObject({ entries: 3, cut: null });
    expect(await stored(store)).toEqual(['first', 'third', 'second']);
    expect(store.partition(topic, 0).highWatermark).toBe(2);
  });

  test('appending goes on behind the cut', async () => {
    const { disk } = await threeEntries();
    const whole = disk.files.get(segment) ?? Buffer.alloc(0);
    disk.files.set(segment, whole.subarray(0, whole.length - 3));
    await (async () => {
      await using store = await open(disk);
      expect(await append(store, 0, { payload: 'again' })).toMatchObject({ errorCode: code.NONE, baseOffset: 1 });
    })();
    await using store = await open(disk);
    expect(store.recovery.cut).toBeNull();
    expect(await stored(store)).toEqual(['first', 'again', 'second']);
  });

  test('many segments: read across, and a cut in one removes those behind it', async () => {
    const disk = new MemoryDisk();
    const expected = Array.from({ length: 40 }, (_, index) => `payload ${index}`);
    await (async () => {
      await using store = await open(disk, 600);
      await Promise.all(expected.map((payload) => append(store, 0, { payload })));
      expect(await payloads(store, 0)).toEqual(expected);
    })();
    const names = [...disk.files.keys()].filter((name) => name.endsWith('.log'));
    expect(names.length).toBeGreaterThan(5);
    await (async () => {
      await using again = await open(disk.copy(), 600);
      expect(await payloads(again, 0)).toEqual(expected);
      expect(await payloads(again, 0, 17)).toEqual(expected.slice(17));
    })();
    const third = disk.files.get(names[2] ?? '') ?? Buffer.alloc(0);
    third[entryHeaderBytes + 5] = 99;
    await using cut = await open(disk, 600);
    expect(cut.recovery.cut).toMatchObject({ kind: 'damage', reason: 'bad checksum' });
    const kept = await payloads(cut, 0);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept).toEqual(expected.slice(0, kept.length));
    expect([...disk.files.keys()].filter((name) => name.endsWith('.log')).length).toBe(2);
  });

  test('entries larger than what is read at once', async () => {
    const disk = new MemoryDisk();
    const large = 'x'.repeat(900_000);
    await (async () => {
      await using store = await open(disk, 2_500_000);
      for (let index = 0; index < 4; index++) await append(store, 0, { payload: `${index}${large}` });
    })();
    await using store = await open(disk, 2_500_000);
    expect(store.recovery).toMatchObject({ entries: 4, cut: null });
    for (let index = 0; index < 4; index++) {
      const [first] = await store.partition(topic, 0).read(store.log, index, 1, true);
      expect(payloadOf(first ?? Buffer.alloc(99)).slice(0, 2)).toBe(`${index}x`);
    }
  });

  test('a deleted topic stays deleted', async () => {
    const { disk } = await threeEntries();
    await (async () => {
      await using store = await open(disk);
      await store.deleteTopic(topic);
    })();
    await using store = await open(disk);
    expect(store.holdsTopic(topic)).toBe(false);
  });
});

describe('writing', () => {
  test('a failed write leaves no trace, and is the last one until a restart', async () => {
    const disk = new MemoryDisk();
    const from = (sequence: number) => ({ payload: `${sequence}`, producerId: 1, epoch: 0, sequence });
    await using store = await open(disk);
    await append(store, 0, from(0));
    disk.failWritesAfterBytes = 200;
    const lost = [1, 2].map((sequence) => append(store, 0, from(sequence)));
    for (const one of lost) await expect(one).rejects.toThrow('EIO');
    disk.failWritesAfterBytes = undefined;
    await expect(append(store, 0, from(1))).rejects.toThrow('EIO');
    expect(await payloads(store, 0)).toEqual(['0']);
    expect(store.partition(topic, 0).endOffset).toBe(1);
    await using again = await open(disk.copy());
    expect(again.recovery.cut).toBeNull();
    expect(await payloads(again, 0)).toEqual(['0']);
    expect(await append(again, 0, from(1))).toMatchObject({ errorCode: code.NONE, baseOffset: 1 });
  });

  test('a damaged entry is not served while running either', async () => {
    const { disk } = await threeEntries();
    await using store = await open(disk);
    const bytes = disk.files.get(segment) ?? Buffer.alloc(0);
    bytes[entryHeaderBytes + 20] = 77;
    await expect(payloads(store, 0)).rejects.toThrow('bad checksum');
  });

  test('consumers are woken by an append and by the deletion of the topic', async () => {
    await using store = await open(new MemoryDisk());
    const partition = store.partition(topic, 0);
    const woken = new Promise<void>((resolve) => partition.onChange(resolve));
    await append(store, 0, {});
    await woken;
    const gone = new Promise<void>((resolve) => partition.onChange(resolve));
    await store.deleteTopic(topic);
    await gone;
    const late = batch();
    const header = checkBatch(late, 1000);
    if (typeof header === 'number') throw new Error('bad batch');
    expect(await partition.append(store.log, late, header)).toMatchObject({
      errorCode: code.UNKNOWN_TOPIC_OR_PARTITION,
    });
  });

  test('offsets are found by time', async () => {
    await using store = await open(new MemoryDisk());
    for (let index = 0; index < 10; index++) await append(store, 0, { count: 3, timestampMs: 1000 + index });
    const partition = store.partition(topic, 0);
    expect(await partition.recordAt(store.log, 1004)).toEqual({ offset: 12, timestampMs: 1004, leaderEpoch: 0 });
    expect(await partition.recordAt(store.log, 0)).toEqual({ offset: 0, timestampMs: 1000, leaderEpoch: 0 });
    expect(await partition.recordAt(store.log, 2000)).toBeUndefined();
  });
});

describe('idempotent producers', () => {
  const from = (sequence: number, epoch = 0, count = 1) => ({ producerId: 7, epoch, sequence, count });

  test.each(['before', 'after'])('duplicates, gaps and old epochs are told apart %s a restart', async (when) => {
    const disk = new MemoryDisk();
    let store = await open(disk);
    for (let sequence = 0; sequence < 8; sequence++) await append(store, 0, from(sequence));
    if (when === 'after') {
      await store[Symbol.asyncDispose]();
      store = await open(disk);
    }
    expect(await append(store, 0, from(5))).toMatchObject({ errorCode: code.NONE, baseOffset: 5 });
    expect(await append(store, 0, from(1))).toMatchObject({ errorCode: code.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(await append(store, 0, from(9))).toMatchObject({ errorCode: code.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(await append(store, 0, from(8, 0, 3))).toMatchObject({ errorCode: code.NONE, baseOffset: 8 });
    expect(await append(store, 0, from(1, 1))).toMatchObject({ errorCode: code.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(await append(store, 0, from(0, 1))).toMatchObject({ errorCode: code.NONE, baseOffset: 11 });
    expect(await append(store, 0, from(11, 0))).toMatchObject({ errorCode: code.INVALID_PRODUCER_EPOCH });
    expect(await append(store, 1, from(42))).toMatchObject({ errorCode: code.NONE, baseOffset: 0 });
    await store[Symbol.asyncDispose]();
  });

  test('a duplicate of a batch that is being written gets the same offset', async () => {
    await using store = await open(new MemoryDisk());
    const outcomes = await Promise.all([
      append(store, 0, from(0)),
      append(store, 0, from(0)),
      append(store, 0, from(1)),
    ]);
    expect(outcomes.map(({ baseOffset }) => baseOffset)).toEqual([0, 0, 1]);
  });

  test('sequences start again at zero after 2^31 - 1', async () => {
    await using store = await open(new MemoryDisk());
    await append(store, 0, from(0x7fff_fffe, 0, 2));
    expect(await append(store, 0, from(0))).toMatchObject({ errorCode: code.NONE, baseOffset: 2 });
  });
});

test('a batch with any flipped bit is refused, or differs only in what the broker rewrites', () => {
  const good = batch({ count: 2, payload: 'payload' });
  for (let at = 8; at < good.length; at++) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 1;
    if (at >= 12 && at < 16) expect(checkBatch(bad, 1000)).not.toBeTypeOf('number');
    else expect(checkBatch(bad, 1000)).toBeTypeOf('number');
  }
});
