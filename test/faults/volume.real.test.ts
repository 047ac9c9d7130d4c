/**
 * Faults of power and disk on a real Redis whose nodes have a volume, of each kind: they take hold, say what they took, are
 * undone, and leave nothing mounted.
 */
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import type { Controlled } from '../../src/cluster/controls.ts';
import type { Deed, Fault } from '../../src/faults/fault.ts';
import { findFault } from '../../src/faults/registry.ts';
import { noAbort, pause } from '../../src/wait.ts';
import { TestRun } from '../support/cluster.ts';
import { missingRedis } from '../support/redis.ts';
import { leftMounted, volumeKinds } from '../support/volumes.ts';

/** Redis syncs when it is told to, and never by itself. */
const unsynced = 'no';
const kinds = (await volumeKinds()).map(({ kind, missing }) => ({ kind, missing: missing ?? missingRedis() }));

const open: AsyncDisposable[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  for (const folder of folders.splice(0)) expect(await leftMounted(folder)).toEqual([]);
});

interface Started {
  readonly targets: readonly Controlled[];
  /** What a node answers, at once; undefined: nothing within a second. */
  ask(node: string, ...command: readonly string[]): string | undefined;
}

async function start(volume: string, more = ''): Promise<Started> {
  const run = await TestRun.start(`cluster: { broker: redis, volume: ${volume}${more} }\n`, 7);
  open.push(run);
  folders.push(run.context.folder.path);
  await run.cluster.checkpoint();
  return {
    targets: run.cluster.nodes,
    ask: (node, ...command) => {
      const { address = '' } = run.cluster.nodes.find(({ id }) => id === node) ?? {};
      const [host = '', port = ''] = address.split(':');
      const asked = spawnSync('redis-cli', ['-h', host, '-p', port, ...command], { encoding: 'utf8', timeout: 1000 });
      return asked.error === undefined ? `${asked.stdout}${asked.stderr}`.trim() : undefined;
    },
  };
}

function fault(name: string): Fault {
  const found = findFault(name);
  if (found === undefined) throw new Error(name);
  return found;
}

function deed(parameters: Record<string, unknown> = {}): Deed {
  return { id: 'f1', seed: 7, parameters, signal: noAbort };
}

describe.each(kinds)('on a volume of kind $kind', ({ kind, missing }) => {
  if (missing !== undefined) {
    it.skip(`needs what this machine does not have: ${missing}`, () => {});
    return;
  }

  it('a power cut takes what was not synced, keeps what was, and says how much', async () => {
    const { targets, ask } = await start(kind, ', fsync: always');
    expect(ask('r1', 'set', 'synced', 'yes')).toBe('OK');
    ask('r1', 'config', 'set', 'appendfsync', unsynced);
    expect(ask('r1', 'set', 'written', 'x'.repeat(5000))).toBe('OK');
    const [evidence] = await fault('power-loss').inject(targets, deed());
    const file = expect.stringMatching(/appendonly.*aof$/);
    expect(evidence).toMatchObject({ target: 'r1', cutPower: { signal: 'SIGKILL', cut: [{ file }] } });
    const taken = evidence?.cutPower as Record<string, unknown> | undefined;
    expect(taken?.droppedBytes).toBeGreaterThan(5000);
    await fault('power-loss').heal?.(targets);
    expect([ask('r1', 'get', 'synced'), ask('r1', 'exists', 'written')]).toEqual(['yes', '0']);
  });

  it('several lose their power when all of them are dead, and each has a disk of its own', async () => {
    const { targets, ask } = await start(kind, ', fsync: everysec, replicas: 1');
    for (const { id } of targets) ask(id, 'config', 'set', 'appendfsync', unsynced);
    expect(ask('r1', 'set', 'written', 'x')).toBe('OK');
    expect(ask('r1', 'wait', '1', '5000')).toBe('1');
    const evidence = await fault('power-loss').inject(targets, deed());
    expect(evidence.map(({ target, cutPower }) => [target, (cutPower as { signal: string }).signal])).toEqual([
      ['r1', 'SIGKILL'],
      ['r1s1', 'SIGKILL'],
    ]);
    await fault('power-loss').heal?.(targets);
    expect(ask('r1', 'exists', 'written')).toBe('0');
  });

  it('a disk that fails takes no more, may end the node, and is sound again', async () => {
    const { targets, ask } = await start(kind, ', fsync: always');
    expect(ask('r1', 'set', 'before', 'yes')).toBe('OK');
    const [evidence] = await fault('disk-fail').inject(targets, deed());
    expect(evidence).toMatchObject({ target: 'r1', disk: { fail: 'EIO', on: ['write', 'sync'] } });
    expect(ask('r1', 'set', 'meanwhile', 'yes')).not.toBe('OK');
    const [healed] = (await fault('disk-fail').heal?.(targets)) ?? [];
    expect(healed).toMatchObject({ disk: { healed: true } });
    expect([ask('r1', 'get', 'before'), ask('r1', 'set', 'after', 'yes')]).toEqual(['yes', 'OK']);
  });

  it.each([
    ['disk-full', 'ENOSPC'],
    ['disk-read-only', 'EROFS'],
  ])('%s: what is acknowledged meanwhile is there afterwards', async (name, errno) => {
    const { targets, ask } = await start(kind === 'ext4' ? '{ kind: ext4, size: 64MiB }' : kind, ', fsync: always');
    const [evidence] = await fault(name).inject(targets, deed());
    expect(evidence).toMatchObject({ target: 'r1', disk: { fail: errno } });
    // blocks that are allocated already may still take a little
    const acked = Array.from({ length: 20 }, (_, i) => ask('r1', 'set', `k${i}`, 'x'.repeat(2000)) === 'OK');
    expect(acked).toContain(false);
    await fault(name).heal?.(targets);
    expect(acked.map((_, i) => ask('r1', 'exists', `k${i}`) === '1').map((is, i) => is || !acked[i])).not.toContain(
      false,
    );
    expect(ask('r1', 'set', 'after', 'yes')).toBe('OK');
  });

  it('damage to a node at rest is said by place', async () => {
    const { targets, ask } = await start(kind, ', fsync: always');
    ask('r1', 'set', 'value', 'x'.repeat(50_000));
    const [evidence] = await fault('disk-corrupt').inject(targets, deed({ path: '**/*.aof' }));
    expect(evidence).toMatchObject({
      target: 'r1',
      damage: { damaged: [{ path: expect.stringMatching(/\.aof$/), bytes: 1, bit: expect.any(Number) }] },
    });
    await fault('disk-corrupt').heal?.(targets);
    expect(ask('r1', 'get', 'value')).not.toBe('x'.repeat(50_000));
  });

  it('a lost disk is an empty one', async () => {
    const { targets, ask } = await start(kind, ', fsync: always');
    ask('r1', 'set', 'value', 'x');
    const [evidence] = await fault('disk-loss').inject(targets, deed());
    expect(evidence).toMatchObject({ wipe: { removedFiles: expect.any(Number) } });
    await fault('disk-loss').heal?.(targets);
    expect(ask('r1', 'dbsize')).toBe('0');
  });

  if (kind === 'ext4') return;

  it('a disk that hangs is answered for when it is healed, and a slow one later', async () => {
    const { targets, ask } = await start(kind, ', fsync: always');
    await fault('disk-hang').inject(targets, deed({ on: ['sync'] }));
    expect(ask('r1', 'set', 'value', 'x')).toBeUndefined();
    await fault('disk-hang').heal?.(targets);
    await pause(100, noAbort);
    expect(ask('r1', 'get', 'value')).toBe('x');
    await fault('disk-slow').inject(targets, deed({ delay: '300ms' }));
    const from = performance.now();
    expect(ask('r1', 'set', 'slow', 'x')).toBe('OK');
    expect(performance.now() - from).toBeGreaterThan(300); // a disk never answers sooner than it is told to
    const [healed] = (await fault('disk-slow').heal?.(targets)) ?? [];
    expect(healed).toMatchObject({ disk: { healed: true, requests: expect.any(Number) } });
  });

  it('so many requests of some files fail, and no more', async () => {
    const { targets, ask } = await start(kind, ', fsync: always');
    await fault('disk-fail').inject(targets, deed({ on: ['sync'], path: '*.none', requests: 1 }));
    expect(ask('r1', 'set', 'value', 'x')).toBe('OK');
    const [healed] = (await fault('disk-fail').heal?.(targets)) ?? [];
    expect(healed).toMatchObject({ disk: { healed: true, requests: 0 }, stop: {}, start: {} });
  });
});
