import { describe, expect, test } from 'vitest';
import { CommittedOffsets } from '../../../src/broker/groups/committed.ts';
import { EpochHistory } from '../../../src/broker/store/log/epochs.ts';
import type { Store } from '../../../src/broker/store/store.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import { MemoryDisk } from '../support/memory-world.ts';
import { append, openStore, payloads, topic } from '../support/stores.ts';

/** Pulls everything the follower lacks. */
async function pull(leader: Store, follower: Store, maxBytes = 300): Promise<void> {
  while (follower.log.end < leader.log.end) {
    await follower.log.appendRaw(await leader.log.readRaw(follower.log.end, maxBytes));
  }
}

describe('epochs', () => {
  test('the end of an epoch is where the next begins', () => {
    const history = new EpochHistory();
    expect(history.endOf(9)).toEqual({ epoch: -1, end: 0 });
    history.take(2, 0, 100);
    history.take(2, 100, 200);
    history.take(5, 200, 300);
    expect(history.last).toBe(5);
    expect(history.endOf(1)).toEqual({ epoch: -1, end: 0 });
    expect(history.endOf(2)).toEqual({ epoch: 2, end: 200 });
    expect(history.endOf(4)).toEqual({ epoch: 2, end: 200 });
    expect(history.endOf(5)).toEqual({ epoch: 5, end: 300 });
    expect(history.endOf(8)).toEqual({ epoch: 5, end: 300 });
    expect(history.take(4, 300, 400)).toBe('epoch 4 behind epoch 5');
    history.truncate(250);
    expect(history.endOf(8)).toEqual({ epoch: 5, end: 250 });
    history.truncate(200);
    expect(history.endOf(8)).toEqual({ epoch: 2, end: 200 });
    expect(new EpochHistory(history.starts, 200).endOf(8)).toEqual({ epoch: 2, end: 200 });
  });

  test('they are in the entries and in the batches, and come back with the log', async () => {
    const disk = new MemoryDisk();
    const ends: number[] = [];
    await (async () => {
      await using store = await openStore({ disk, epoch: 3 });
      ends.push((await append(store, 0)).end);
      await store.log.endEpoch();
      expect(() => store.log.beginEpoch(2)).toThrow('behind');
      store.log.beginEpoch(7);
      ends.push((await append(store, 0)).end);
      const [first, second] = await store.partition(topic, 0).read(store.log, 0, 10_000, true);
      expect([first?.readInt32BE(12), second?.readInt32BE(12)]).toEqual([3, 7]);
    })();
    await using store = await openStore({ disk });
    expect(store.log.epochs.starts).toEqual([
      { epoch: 3, start: 0 },
      { epoch: 7, start: ends[0] },
    ]);
    expect(store.log.epochs.endOf(6)).toEqual({ epoch: 3, end: ends[0] });
    expect(store.log.epochs.endOf(7)).toEqual({ epoch: 7, end: ends[1] });
  });
});

describe('following', () => {
  test('a follower has the same bytes and the same state, whatever the size of its segments', async () => {
    await using leader = await openStore({ epoch: 1 });
    const disk = new MemoryDisk();
    const committed = new CommittedOffsets();
    const follower = await openStore({ disk, segmentBytes: 500, committed, epoch: undefined });
    for (let sequence = 0; sequence < 30; sequence++) {
      await append(leader, sequence % 2, {
        payload: `${sequence}`,
        producerId: sequence % 2,
        epoch: 0,
        sequence: sequence >> 1,
      });
    }
    await append(leader, 2, { payload: 'x'.repeat(5000) });
    await pull(leader, follower);
    expect(await follower.log.readRaw(0, 1_000_000)).toBeInstanceOf(Buffer);
    for (const partition of [0, 1, 2])
      expect(await payloads(follower, partition)).toEqual(await payloads(leader, partition));
    follower.log.beginEpoch(2);
    const again = { payload: '28', producerId: 0, epoch: 0, sequence: 14 };
    expect(await append(follower, 0, again)).toMatchObject({ errorCode: code.NONE, baseOffset: 14 });
    await follower[Symbol.asyncDispose]();
    await using restarted = await openStore({ disk, segmentBytes: 500 });
    expect(restarted.recovery.cut).toBeNull();
    expect(await payloads(restarted, 0)).toEqual(await payloads(leader, 0));
  });

  test('raw entries are whole, start where asked and are at least one', async () => {
    await using store = await openStore({ segmentBytes: 500, cacheBytes: 1 });
    const ends: number[] = [0];
    for (let index = 0; index < 10; index++) ends.push((await append(store, 0, { payload: `${index}` })).end);
    for (const [index, start] of ends.slice(0, -1).entries()) {
      expect(await store.log.readRaw(start, 1)).toHaveLength((ends[index + 1] ?? 0) - start);
      const several = await store.log.readRaw(start, 280);
      expect(ends).toContain(start + several.length);
      expect(several.length).toBeLessThanOrEqual(280);
    }
    expect(await store.log.readRaw(store.log.end, 100)).toHaveLength(0);
    await expect(store.log.readRaw(5, 100)).rejects.toMatchObject({ code: 'damaged-entry' });
  });

  test('entries that are torn, flipped, elsewhere or of an older epoch are refused before a byte is written', async () => {
    await using leader = await openStore({ epoch: 4 });
    const { end } = await append(leader, 0);
    await append(leader, 0);
    const data = await leader.log.readRaw(0, 10_000);
    const disk = new MemoryDisk();
    await using follower = await openStore({ disk, epoch: undefined });
    const refused = async (bytes: Buffer) => {
      const before = follower.log.end;
      await expect(follower.log.appendRaw(bytes)).rejects.toMatchObject({ code: 'bad-entries' });
      expect(follower.log.end).toBe(before);
    };
    for (let length = 1; length < data.length; length++) if (length !== end) await refused(data.subarray(0, length));
    for (let at = 0; at < data.length; at++) {
      const bad = Buffer.from(data);
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      await refused(bad);
    }
    await refused(data.subarray(end));
    await follower.log.appendRaw(data);
    await using older = await openStore({ epoch: 2 });
    for (let index = 0; index < 3; index++) await append(older, 0);
    await refused(await older.log.readRaw(follower.log.end, 10_000));
    await expect(leader.log.appendRaw(data)).rejects.toThrow('a leader');
  });
});

describe('cutting', () => {
  test('at any boundary: what is before stays, readers are woken, and the new leader goes on from there', async () => {
    for (const segmentBytes of [400, 1_000_000]) {
      for (let keep = 0; keep <= 6; keep++) {
        const disk = new MemoryDisk();
        const old = await openStore({ disk, segmentBytes, epoch: 1 });
        const ends = [0];
        for (let sequence = 0; sequence < 6; sequence++) {
          ends.push((await append(old, 0, { payload: `old ${sequence}`, producerId: 1, epoch: 0, sequence })).end);
        }
        const expected = Array.from({ length: keep }, (_, index) => `old ${index}`);
        const position = ends[keep] ?? 0;
        await old.log.endEpoch();
        const woken = new Promise<void>((resolve) => old.partition(topic, 0).onChange(resolve));
        await old.log.truncate(position);
        if (keep < 6) await woken;
        expect([old.log.end, old.log.synced, old.protection.position]).toEqual([position, position, position]);
        expect(await payloads(old, 0)).toEqual(expected);
        await using cut = await openStore({ disk: disk.afterPowerCut(), segmentBytes });
        expect(cut.recovery.cut).toBeNull();
        expect(await payloads(cut, 0)).toEqual(expected);

        await using leader = await openStore({ disk: disk.copy(), epoch: 2 });
        await append(leader, 0, { payload: 'new', producerId: 1, epoch: 0, sequence: keep });
        await pull(leader, old);
        expect(await payloads(old, 0)).toEqual([...expected, 'new']);
        expect(old.log.epochs.endOf(1)).toEqual(keep === 0 ? { epoch: -1, end: 0 } : { epoch: 1, end: position });
        await old[Symbol.asyncDispose]();
      }
    }
  });

  test('never between two boundaries, behind the end, or while leading', async () => {
    await using store = await openStore();
    const { end } = await append(store, 0);
    await expect(store.log.truncate(0)).rejects.toThrow('a leader');
    await store.log.endEpoch();
    await expect(store.log.truncate(end - 1)).rejects.toMatchObject({ code: 'damaged-entry' });
    await expect(store.log.truncate(end + 1)).rejects.toThrow('the log ends at');
    expect(store.log.end).toBe(end);
    expect(await payloads(store, 0)).toHaveLength(1);
  });

  test('behind the protected position it takes nothing from what consumers are shown', async () => {
    await using store = await openStore({ replication: 'sync', epoch: 1 });
    const ends: number[] = [];
    for (let index = 0; index < 4; index++) ends.push((await append(store, 0, { payload: `${index}` })).end);
    store.protection.replicated(ends[1], 2);
    await store.log.endEpoch();
    await store.log.truncate(ends[2] ?? 0);
    expect(store.protection.position).toBe(ends[1]);
    expect(await payloads(store, 0)).toEqual(['0', '1']);
    store.protection.replicated(ends[3], 2);
    expect(await payloads(store, 0)).toEqual(['0', '1', '2']);
  });

  test('what slaves once confirmed behind the cut does not count for what comes in its place', async () => {
    await using store = await openStore({ replication: 'sync', epoch: 1 });
    const ends: number[] = [];
    for (let index = 0; index < 4; index++) ends.push((await append(store, 0, { payload: `${index}` })).end);
    store.protection.replicated(ends[2], 2);
    await store.log.endEpoch();
    store.protection.interrupt('another node leads');
    const raw = await store.log.readRaw(0, 10_000);
    await store.log.truncate(ends[0] ?? 0);
    expect(await payloads(store, 0)).toEqual(['0']);
    await store.log.appendRaw(raw.subarray(ends[0]));
    expect(store.protection.position).toBe(ends[0]);
    expect(await payloads(store, 0)).toEqual(['0']);
  });
});
