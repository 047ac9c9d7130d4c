import { expect, test } from 'vitest';
import { CommittedOffsets } from '../../../src/broker/groups/committed.ts';
import { Coordinator } from '../../../src/broker/groups/coordinator.ts';
import type { Store } from '../../../src/broker/store/store.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import { ManualClock, MemoryDisk, memoryWorld, settled } from '../support/memory-world.ts';
import { append, openStore, payloads, topic } from '../support/stores.ts';

const aMinuteMs = 60_000;

/** Syncs of the disk wait until they are let go, or made to fail. */
function holdSyncs(disk: MemoryDisk) {
  const held: { go: () => void; fail: (message: string) => void }[] = [];
  disk.duringSync = () =>
    new Promise((resolve, reject) => {
      held.push({ go: resolve, fail: (message) => reject(new Error(message)) });
    });
  return held;
}

/** Appends and waits as acks 1 does; what happened to it so far. */
function produce(store: Store, payload: string) {
  const state = { payload, outcome: 'waiting' };
  void append(store, 0, { payload })
    .then(({ end }) => store.protection.reached(end, 'flushed', aMinuteMs))
    .catch((error: Error) => error.message)
    .then((outcome) => {
      state.outcome = outcome;
    });
  return state;
}

test('flush sync: an answer waits for its sync, consumers too, and what is written meanwhile shares the next', async () => {
  const disk = new MemoryDisk();
  await using store = await openStore({ disk, flush: 'sync' });
  const held = holdSyncs(disk);
  const before = disk.syncs;
  const first = produce(store, 'first');
  await settled();
  expect(disk.syncs - before).toBe(1);
  const others = Array.from({ length: 50 }, (_, index) => produce(store, `other ${index}`));
  await settled();
  // They are written, but the sync in progress does not cover them.
  expect(store.partition(topic, 0).endOffset).toBe(51);
  expect([first.outcome, ...others.map(({ outcome }) => outcome)]).toEqual(Array(51).fill('waiting'));
  expect(await payloads(store, 0)).toEqual([]);

  held.shift()?.go();
  await settled();
  expect(first.outcome).toBe('reached');
  expect(others.every(({ outcome }) => outcome === 'waiting')).toBe(true);
  expect(await payloads(store, 0)).toEqual(['first']);
  expect(disk.syncs - before).toBe(2);

  held.shift()?.go();
  await settled();
  expect(others.every(({ outcome }) => outcome === 'reached')).toBe(true);
  expect(store.partition(topic, 0).highWatermark).toBe(51);
  expect(disk.syncs - before).toBe(2);
  disk.duringSync = undefined;
});

test('flush sync: whenever the power is cut, everything answered or shown until then is there afterwards', async () => {
  const disk = new MemoryDisk();
  await using store = await openStore({ disk, flush: 'sync', segmentBytes: 700 });
  disk.duringSync = () => new Promise((resolve) => setImmediate(resolve));
  const producing: { payload: string; outcome: string }[] = [];
  for (let round = 0; round < 60; round++) {
    for (let index = 0; index < round % 4; index++) producing.push(produce(store, `${round}.${index}`));
    for (let turn = 0; turn < round % 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    const shown = await payloads(store, 0);
    const answered = producing.filter(({ outcome }) => outcome === 'reached').map(({ payload }) => payload);
    await using again = await openStore({ disk: disk.afterPowerCut() });
    const kept = await payloads(again, 0);
    expect(kept.slice(0, shown.length)).toEqual(shown);
    expect(kept).toEqual(expect.arrayContaining(answered));
  }
});

test('flush async: answered once written; synced by interval if 16 KiB wait for it, by thorough interval anyway', async () => {
  const disk = new MemoryDisk();
  const clock = new ManualClock();
  await using store = await openStore({ disk, clock, flushIntervalMs: 500, thoroughFlushIntervalMs: 10_000 });
  const before = disk.syncs;
  const little = produce(store, 'little');
  await settled();
  expect(little.outcome).toBe('reached');
  expect(await payloads(store, 0)).toEqual(['little']);
  await clock.pass(9000);
  expect(disk.syncs).toBe(before);
  await clock.pass(1500);
  expect(disk.syncs).toBe(before + 1);
  expect(store.log.synced).toBe(store.log.end);
  produce(store, 'x'.repeat(16 * 1024));
  await clock.pass(600);
  expect(disk.syncs).toBe(before + 2);
  expect(store.log.synced).toBe(store.log.end);
});

test.each(['sync', 'write'] as const)(
  'a failed %s fails everything that waits, and is the end of writing',
  async (what) => {
    const disk = new MemoryDisk();
    await using store = await openStore({ disk, flush: 'sync' });
    await append(store, 0, { payload: 'safe' });
    await settled();
    const held = holdSyncs(disk);
    const waiting = [produce(store, 'one')];
    await settled();
    waiting.push(produce(store, 'two'));
    await settled();
    if (what === 'write') disk.failWritesAfterBytes = 20;
    else held.shift()?.fail('EIO');
    const late = produce(store, 'three');
    await settled();
    expect(waiting.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
    expect(late.outcome).toBe(`${what} failed: EIO`);

    // A sync that works afterwards proves nothing (the kernel has dropped the dirty mark): nothing counts any more.
    disk.failWritesAfterBytes = undefined;
    disk.duringSync = undefined;
    for (const one of held) one.go();
    await store.log.sync().catch(() => {});
    await settled();
    expect(await payloads(store, 0)).toEqual(['safe']);
    expect(store.partition(topic, 0).highWatermark).toBe(1);
    await expect(append(store, 0)).rejects.toThrow('EIO');
    expect(store.log.failure?.code).toBe(`${what}-failed`);
  },
);

test('a write that failed with whole entries on the disk leaves none of them to recovery', async () => {
  const disk = new MemoryDisk();
  const store = await openStore({ disk });
  await append(store, 0, { payload: 'kept' });
  disk.failWritesAfterBytes = 10_000;
  await expect(append(store, 0, { payload: 'refused' })).rejects.toThrow('EIO');
  await using again = await openStore({ disk: disk.copy() });
  expect(again.recovery.cut).toBeNull();
  expect(await payloads(again, 0)).toEqual(['kept']);
});

test('a duplicate is told only when what it repeats is safe', async () => {
  const disk = new MemoryDisk();
  await using store = await openStore({ disk, flush: 'sync' });
  const held = holdSyncs(disk);
  const same = { payload: 'same', producerId: 3, epoch: 0, sequence: 0 };
  const first = await append(store, 0, same);
  await settled();
  const second = await append(store, 0, same);
  expect(second).toEqual({ errorCode: code.NONE, baseOffset: first.baseOffset, end: first.end });
  let told = false;
  const answer = store.protection.reached(second.end, 'flushed', aMinuteMs).then((outcome) => {
    told = true;
    return outcome;
  });
  await settled();
  expect(told).toBe(false);
  held.shift()?.go();
  expect(await answer).toBe('reached');
  disk.duringSync = undefined;
});

test('committed offsets are shown once they are protected, and so is their deletion', async () => {
  const disk = new MemoryDisk();
  const committed = new CommittedOffsets();
  await using store = await openStore({ disk, committed, flush: 'sync' });
  const coordinator = new Coordinator(memoryWorld(undefined, disk), store, committed, 10);
  const commit = (offset: number) =>
    coordinator.commit('g', [{ topicId: topic, partition: 0, offset, leaderEpoch: -1, metadata: null }]);
  const held = holdSyncs(disk);
  const pass = async () => {
    await settled();
    held.shift()?.go();
    await settled();
  };
  await commit(5);
  expect(committed.get('g', topic, 0)).toBeUndefined();
  await pass();
  expect(committed.get('g', topic, 0)?.offset).toBe(5);
  for (let offset = 6; offset < 300; offset++) await commit(offset);
  expect(committed.get('g', topic, 0)?.offset).toBe(5);
  await pass();
  await pass();
  expect(committed.get('g', topic, 0)?.offset).toBe(299);
  await coordinator.delete('g');
  expect(committed.get('g', topic, 0)?.offset).toBe(299);
  await pass();
  expect(committed.has('g')).toBe(false);
  disk.duringSync = undefined;
});
