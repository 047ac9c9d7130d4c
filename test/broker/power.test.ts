import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommittedOffsets } from '../../src/broker/groups/committed.ts';
import { readSmallFile, writeSmallFile } from '../../src/broker/small-file.ts';
import { Store } from '../../src/broker/store/store.ts';
import { cutPower } from '../../src/broker/world/power-cut.ts';
import { RealDisk } from '../../src/broker/world/real-disk.ts';
import type { World } from '../../src/broker/world/world.ts';
import { memoryWorld } from './support/memory-world.ts';
import { append } from './support/stores.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mqchaos-power-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One life of a node on the folder. */
async function life<T>(live: (disk: RealDisk) => Promise<T>): Promise<T> {
  const disk = new RealDisk(folder);
  await using _lock = await disk.lock();
  return await live(disk);
}

async function put(disk: RealDisk, name: string, text: string, position = 0): Promise<void> {
  const file = await disk.open(name);
  await file.write(Buffer.from(text), position);
  await file.close();
}

async function putSynced(disk: RealDisk, name: string, text: string, position = 0): Promise<void> {
  const file = await disk.open(name);
  await file.write(Buffer.from(text), position);
  await file.sync();
  await file.close();
  await disk.syncFolder(path.posix.dirname(name));
}

function content(name: string): string | undefined {
  const file = path.join(folder, name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}

const nothing = { cut: [], names: [], droppedBytes: 0 };

describe('bytes', () => {
  test('what was written after the last sync is gone, what was before it is not; a second cut takes nothing', async () => {
    await life(async (disk) => {
      await putSynced(disk, 'log', 'synced');
      await put(disk, 'log', ' and not', 6);
    });
    expect(content('log')).toBe('synced and not');
    expect(await cutPower(folder)).toEqual({
      cut: [{ file: 'log', syncedBytes: 6, droppedBytes: 8, keptBytes: 6 }],
      names: [],
      droppedBytes: 8,
    });
    expect(content('log')).toBe('synced');
    expect(await cutPower(folder)).toEqual(nothing);
  });

  test('a sync covers what was written before it began', async () => {
    await life(async (disk) => {
      await putSynced(disk, 'log', '0123456789');
      const file = await disk.open('log');
      await file.write(Buffer.from('abc'), 10);
      const syncing = file.sync();
      const writing = file.write(Buffer.from('def'), 13);
      await Promise.all([syncing, writing]);
      await file.close();
    });
    await cutPower(folder);
    expect(content('log')).toBe('0123456789abc');
  });

  test('the account outlives a life, and a later one goes on with it', async () => {
    await life((disk) => putSynced(disk, 'log', 'first'));
    await life((disk) => put(disk, 'log', ' second', 5));
    await life((disk) => put(disk, 'log', ' third', 12));
    expect(await cutPower(folder)).toMatchObject({ droppedBytes: 13 });
    expect(content('log')).toBe('first');
  });

  test('what was cut off and written again is not synced, even by a sync that was under way', async () => {
    await life(async (disk) => {
      await putSynced(disk, 'log', '0123456789');
      const file = await disk.open('log');
      await file.truncate(4);
      await file.write(Buffer.from('abc'), 4);
      await file.sync();
      await file.write(Buffer.from('def'), 7);
      const syncing = file.sync();
      await file.truncate(6);
      await file.write(Buffer.from('xyz'), 6);
      await syncing;
      await file.close();
    });
    await cutPower(folder);
    expect(content('log')).toBe('0123ab');
  });

  test('torn: each seed leaves its own part of what was not synced, always the same', async () => {
    const kept = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      await life(async (disk) => {
        await putSynced(disk, 'log', '0123456789');
        await put(disk, 'log', 'x'.repeat(1000), 10);
      });
      const first = await cutPower(folder, String(seed));
      const left = content('log')?.length ?? 0;
      expect(content('log')).toBe(`0123456789${'x'.repeat(left - 10)}`);
      expect(await cutPower(folder, String(seed))).toEqual(nothing);
      // A life that only looks changes nothing: what the cut left is on the disk.
      await life((disk) => disk.list('.'));
      expect(await cutPower(folder)).toEqual(nothing);
      kept.add(left);
      await rm(folder, { recursive: true });
      fs.mkdirSync(folder);
      await life(async (disk) => {
        await putSynced(disk, 'log', '0123456789');
        await put(disk, 'log', 'x'.repeat(1000), 10);
      });
      expect(await cutPower(folder, String(seed))).toEqual(first);
      await rm(folder, { recursive: true });
      fs.mkdirSync(folder);
    }
    expect(kept.size).toBeGreaterThan(30);
    expect(Math.min(...kept)).toBeLessThan(200);
    expect(Math.max(...kept)).toBeGreaterThan(800);
  });

  test('a file from before there was an account is empty until it is synced', async () => {
    fs.writeFileSync(path.join(folder, 'log'), 'old');
    fs.writeFileSync(path.join(folder, 'other'), 'old');
    await life(async (disk) => {
      await put(disk, 'log', 'er', 3);
      const other = await disk.open('other');
      await other.sync();
      await other.close();
    });
    await cutPower(folder);
    expect(content('log')).toBe('');
    expect(content('other')).toBe('old');
  });
});

describe('names', () => {
  test('a file whose folder was not synced is gone, however well it was synced itself', async () => {
    await life(async (disk) => {
      await disk.makeFolder('deep/er');
      await putSynced(disk, 'deep/er/there', 'there');
      const file = await disk.open('deep/er/not');
      await file.write(Buffer.from('not'), 0);
      await file.sync();
      await file.close();
    });
    expect(await cutPower(folder)).toEqual({
      cut: [{ file: 'deep/er/not', syncedBytes: 0, droppedBytes: 3, keptBytes: 0 }],
      names: [{ from: 'deep/er/not', to: null }],
      droppedBytes: 3,
    });
    expect(fs.readdirSync(path.join(folder, 'deep/er'))).toEqual(['there']);
  });

  test.each([false, true])(
    'a small file is replaced whole or not at all (another life in between: %s)',
    async (between) => {
      await life((disk) => writeSmallFile(disk, 'counter', 'old'));
      const replace = async (disk: RealDisk) => {
        await putSynced(disk, 'counter.new', 'new');
        await disk.rename('counter.new', 'counter');
      };
      await life(replace);
      expect(content('counter')).toBe('new');
      if (between) await life(async (disk) => expect(await readSmallFile(disk, 'counter')).toBe('new'));
      expect((await cutPower(folder)).droppedBytes).toBe(0);
      expect(content('counter')).toBe('old');
      await life(async (disk) => {
        await replace(disk);
        await disk.syncFolder('.');
      });
      expect(await cutPower(folder)).toEqual(nothing);
      expect(content('counter')).toBe('new');
    },
  );

  test('what was removed is back until the folder is synced', async () => {
    await life(async (disk) => {
      await putSynced(disk, 'a', 'a');
      await putSynced(disk, 'b', 'b');
      await disk.remove('a');
      await disk.syncFolder('.');
      await disk.remove('b');
      await disk.remove('never there');
    });
    expect(content('b')).toBeUndefined();
    expect(await cutPower(folder)).toEqual({ cut: [], names: [{ from: null, to: 'b' }], droppedBytes: 0 });
    expect(content('a')).toBeUndefined();
    expect(content('b')).toBe('b');
  });

  test('files that changed places change back', async () => {
    await life(async (disk) => {
      for (const name of ['a', 'b', 'c']) await putSynced(disk, name, name);
      await disk.rename('a', 'x');
      await disk.rename('b', 'a');
      await disk.rename('c', 'b');
      await disk.rename('x', 'c');
    });
    expect(['a', 'b', 'c', 'x'].map(content)).toEqual(['b', 'c', 'a', undefined]);
    await cutPower(folder);
    expect(['a', 'b', 'c', 'x'].map(content)).toEqual(['a', 'b', 'c', undefined]);
    expect(await cutPower(folder)).toEqual(nothing);
  });

  test('a file made under the name of a removed one is another file', async () => {
    await life(async (disk) => {
      await putSynced(disk, 'a', 'first');
      await disk.remove('a');
      await put(disk, 'a', 'second');
    });
    await cutPower(folder);
    expect(content('a')).toBe('first');
  });

  test('nothing is left behind when everything is synced', async () => {
    await life(async (disk) => {
      for (let index = 0; index < 20; index++) await writeSmallFile(disk, 'counter', String(index));
    });
    expect(fs.readdirSync(path.join(folder, 'removed'))).toEqual([]);
    expect(fs.statSync(path.join(folder, 'synced')).size).toBeLessThan(5 * 256);
    expect(await cutPower(folder)).toEqual(nothing);
    expect(content('counter')).toBe('19');
  });
});

test('segments that a start has cut away stay away, and what it kept is kept', async () => {
  const settings = { segmentBytes: 400, cacheBytes: 1_000_000, flush: 'sync', replication: 'async' } as const;
  const intervals = { flushIntervalMs: 1000, thoroughFlushIntervalMs: 1000, checkpointBytes: 1_000_000 };
  const open = (disk: RealDisk) => {
    const world: World = { ...memoryWorld(), disk };
    return Store.open(world, { ...settings, ...intervals }, new CommittedOffsets());
  };
  await life(async (disk) => {
    await using store = await open(disk);
    store.log.beginEpoch(0);
    for (let index = 0; index < 12; index++) await append(store, 0, { payload: `payload ${index}` });
  });
  const segments = () => fs.readdirSync(path.join(folder, 'commit-log')).sort();
  const [, second = ''] = segments();
  expect(segments().length).toBeGreaterThan(3);
  fs.truncateSync(path.join(folder, 'commit-log', second), 30);
  const kept = await life(async (disk) => {
    await using store = await open(disk);
    expect(store.recovery.cut).toMatchObject({ kind: 'damage' });
    return store.recovery.bytes;
  });
  const left = segments();
  expect(await cutPower(folder)).toEqual(nothing);
  expect(segments()).toEqual(left);
  await life(async (disk) => {
    await using store = await open(disk);
    expect(store.recovery).toMatchObject({ bytes: kept, cut: null });
  });
});

describe('which folder', () => {
  test('files of others are left alone', async () => {
    await life((disk) => put(disk, 'log', 'x'));
    fs.writeFileSync(path.join(folder, 'stdout.log'), 'kept');
    expect(await cutPower(folder)).toMatchObject({ droppedBytes: 1 });
    expect(content('stdout.log')).toBe('kept');
  });

  test('a copy of a folder has no account, one without any loses nothing, one that is missing is named', async () => {
    await life((disk) => put(disk, 'log', 'x'));
    const copy = `${folder}-copy`;
    try {
      fs.cpSync(folder, copy, { recursive: true });
      expect(await cutPower(copy)).toEqual(nothing);
    } finally {
      await rm(copy, { recursive: true });
    }
    fs.rmSync(path.join(folder, 'synced'));
    expect(await cutPower(folder)).toEqual(nothing);
    await expect(cutPower(path.join(folder, 'missing'))).rejects.toMatchObject({ code: 'no-folder' });
  });

  test('a folder in use is refused', async () => {
    await life(async (disk) => {
      await put(disk, 'log', 'x');
      await expect(cutPower(folder)).rejects.toMatchObject({ code: 'folder-in-use' });
    });
    expect(content('log')).toBe('x');
  });

  test('a lock that cannot be read is refused, not waited for', async () => {
    fs.mkdirSync(path.join(folder, 'lock'));
    await expect(cutPower(folder)).rejects.toMatchObject({ code: 'folder-in-use' });
    fs.rmdirSync(path.join(folder, 'lock'));
  });
});
