import { describe, expect, test } from 'vitest';
import { payloadOf } from '../support/batches.ts';
import { CrashDisk } from '../support/crash-disk.ts';
import { checkpointsOf, expectSame, flip, Life, liveALittle, stateOf, topics } from '../support/lives.ts';

describe('a crash at every step', () => {
  test.each(['kill', 'power cut'])('%s: recovery is right, and what was answered is there', async (how) => {
    const used = new Map<string, number>();
    let steps = Number.POSITIVE_INFINITY;
    for (let stopAt = 1; stopAt < steps; stopAt++) {
      const disk = new CrashDisk();
      disk.stopAt = stopAt;
      const answered: string[] = [];
      try {
        const life = await Life.begin(disk, { flush: 'sync' });
        await liveAndWait(life, answered);
        await life.end();
        const again = await Life.begin(disk, { flush: 'sync' });
        await liveAndWait(again, answered, 100);
        await again.end();
        steps = Math.min(steps, disk.steps);
      } catch {
        // It is dead; so it should be.
      }
      const left = how === 'kill' ? disk.afterKill() : disk.afterPowerCut();
      const checkpoint = await expectSame(left);
      used.set(checkpoint, (used.get(checkpoint) ?? 0) + 1);
      const found = left.afterKill();
      const life = await Life.begin(found, {}, true);
      expect(found.names('checkpoint-').filter((name) => name.endsWith('.new'))).toEqual([]);
      const text = JSON.stringify(await stateOf(life));
      for (const payload of answered) expect(text).toContain(payload);
    }
    expect([...used.keys()].sort()).toEqual(['none', 'used']);
    expect(used.get('used')).toBeGreaterThan(steps / 2);
  });

  async function liveAndWait(life: Life, answered: string[], from = 0): Promise<void> {
    const unsure: string[] = [];
    await liveALittle(life, unsure, from);
    await life.store.log.sync();
    if (life.store.log.failure === undefined) answered.push(...unsure);
  }
});

describe('a checkpoint that cannot be used', () => {
  async function stopped(): Promise<CrashDisk> {
    const disk = new CrashDisk();
    const life = await Life.begin(disk);
    await liveALittle(life, [], 0);
    await life.end();
    return disk;
  }
  const changeAll = (disk: CrashDisk, prefix: string, how: (content: Buffer) => Buffer | undefined) => {
    for (const name of disk.names(prefix)) disk.change(name, how);
  };

  test.each([
    ['it is damaged', 'checkpoint-', (content: Buffer) => flip(content), /bad checksum/],
    ['it is short', 'checkpoint-', (content: Buffer) => content.subarray(0, 40), /incomplete/],
    ['it is empty', 'checkpoint-', () => Buffer.alloc(0), /incomplete/],
    ['it is of another version', 'checkpoint-', (content: Buffer) => flip(content, 7), /version/],
    ['indexes are missing', 'index/', () => undefined, /shorter/],
    ['an index is short', 'index/', (content: Buffer) => content.subarray(0, 31), /shorter/],
    ['an index is damaged at its end', 'index/', (content: Buffer) => flip(content, 0), /damaged/],
    ['the log is shorter', 'commit-log/', (content: Buffer) => content.subarray(0, 20), /behind the log's end/],
  ])('%s: the whole log is read, and the report says why', async (_what, prefix, how, why) => {
    const disk = await stopped();
    changeAll(disk, prefix, how);
    expect(await expectSame(disk)).toMatch(why);
    const life = await Life.begin(disk);
    expect(life.store.recovery).toMatchObject({ from: 0, checkpoint: expect.stringMatching(/^unusable: /) });
    await life.end();
    // The next one is as good as ever.
    expect(await expectSame(disk)).toBe(life.store.log.end === 0 ? 'none' : 'used');
  });

  test('the last one is damaged: the one before it is used', async () => {
    const disk = await stopped();
    const names = disk.names('checkpoint-');
    expect(names.length).toBe(2);
    disk.change(names[1] ?? '', (content) => flip(content));
    expect(await expectSame(disk)).toBe('used');
    const life = await Life.begin(disk, {}, true);
    expect(life.store.recovery.from).toBe(checkpointsOf(disk)[0]);
  });

  test('a clean stop leaves nothing to read', async () => {
    const disk = await stopped();
    const { store } = await Life.begin(disk, {}, true);
    expect(store.recovery).toMatchObject({ entries: 0, from: store.log.end, checkpoint: 'used', cut: null });
  });

  test('a torn tail behind it is cut, a damaged entry before it is not served and those behind it are', async () => {
    const disk = await stopped();
    const life = await Life.begin(disk);
    const { end } = life.store.log;
    await life.append(0, 0, { payload: 'torn' });
    const last = disk.names('commit-log/').at(-1) ?? '';
    disk.change(last, (content) => content.subarray(0, content.length - 1));
    disk.change('commit-log/0000000000000000.log', (content) => flip(content, 60));
    const { store } = await Life.begin(disk, {}, true);
    expect(store.recovery).toMatchObject({ from: end, bytes: end, cut: { kind: 'torn', position: end } });
    const partition = store.partition(topics[0] ?? '', 0);
    await expect(partition.read(store.log, 0, 1, true)).rejects.toThrow('bad checksum');
    expect((await partition.read(store.log, 1, 1, true)).map(payloadOf)).toEqual(['round 2']);
  });
});

test('the indexes of a deleted topic are removed, and it stays deleted', async () => {
  const disk = new CrashDisk();
  const life = await Life.begin(disk);
  await life.append(0, 0, {});
  await life.append(1, 0, {});
  await life.end();
  expect(disk.names('index/')).toEqual([`index/${topics[0]}-0`, `index/${topics[1]}-0`]);
  const again = await Life.begin(disk);
  await again.store.deleteTopic(topics[1] ?? '');
  await again.end();
  expect(disk.names('index/')).toEqual([`index/${topics[0]}-0`]);
  const last = await Life.begin(disk);
  expect(last.store.holdsTopic(topics[1] ?? '')).toBe(false);
});
