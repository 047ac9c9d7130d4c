/** Faults of power and disk on real brokers: they take hold, say what they took, and are undone. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Controlled } from '../../src/cluster/controls.ts';
import { controlOf, type Deed } from '../../src/faults/fault.ts';
import { findFault } from '../../src/faults/registry.ts';
import type { ProducerClient, SendResult } from '../../src/products/driver.ts';
import { encodeEnvelope, runTag } from '../../src/products/envelope.ts';
import { noAbort } from '../../src/wait.ts';
import { TestRun } from '../support/cluster.ts';

const profile =
  'cluster: { broker: bundled, flushInterval: 1h, thoroughFlushInterval: 1h }\ntopic: { partitions: 1 }\n';
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

interface Started {
  readonly run: TestRun;
  readonly client: ProducerClient;
  readonly targets: readonly Controlled[];
}

async function start(): Promise<Started> {
  const run = await TestRun.start(profile, 7);
  open.push(run);
  const client = await run.context.driver.producer(run.access, {
    channel: run.context.channel,
    acks: 'all',
    oneway: false,
    idempotent: false,
    timeoutMs: 2000,
    signal: AbortSignal.timeout(60_000),
  });
  open.push(client);
  return { run, client, targets: run.cluster.nodes.filter(({ id }) => id === 'b1') };
}

let seq = 0;
function send({ run, client }: Started): Promise<SendResult> {
  seq += 1;
  const identity = { producer: 0, seq, attempt: 1, partition: 0 };
  const value = encodeEnvelope(runTag(run.context.id), { ...identity, sentAtNs: 0 }, randomBytes(1000));
  return client.send({ ...identity, value });
}

function deed(parameters: Record<string, unknown> = {}): Deed {
  return { id: 'f1', seed: 7, parameters, signal: noAbort };
}

function fault(name: string) {
  const found = findFault(name);
  if (found === undefined) throw new Error(name);
  return found;
}

it('power-loss takes what was not synced, torn at a place that the seed decides', async () => {
  const started = await start();
  const { run, targets } = started;
  for (let i = 0; i < 10; i += 1) expect((await send(started)).outcome).toBe('acked');
  const [evidence] = await fault('power-loss').inject(targets, deed());
  expect(evidence).toMatchObject({ target: 'b1', cutPower: { signal: 'SIGKILL', droppedBytes: expect.any(Number) } });
  expect((evidence!.cutPower as { droppedBytes: number }).droppedBytes).toBeGreaterThan(10_000);
  await expect(controlOf(targets[0]!, 'kill')()).rejects.toThrow('b1 is not running');
  const [healed] = (await fault('power-loss').heal?.(targets)) ?? [];
  expect(healed).toMatchObject({ target: 'b1', start: { pid: expect.any(Number) } });
  const [again] = await fault('power-loss').inject(targets, deed({ torn: true }));
  expect(again).toMatchObject({ cutPower: { droppedBytes: expect.any(Number) } });
  await fault('power-loss').heal?.(targets);
  expect(run.cluster.nodes).toHaveLength(2);
});

it('disk-loss leaves nothing but what the node printed', async () => {
  const started = await start();
  const { run, targets } = started;
  expect((await send(started)).outcome).toBe('acked');
  const folder = join(run.context.folder.nodes, 'b1');
  expect(existsSync(join(folder, 'commit-log'))).toBe(true);
  const [evidence] = await fault('disk-loss').inject(targets, deed());
  const { removedFiles, removedBytes } = evidence!.wipe as { removedFiles: number; removedBytes: number };
  expect(removedFiles).toBeGreaterThan(1);
  expect(removedBytes).toBeGreaterThan(1000);
  expect(readdirSync(folder).sort()).toEqual(['stderr.log', 'stdout.log']);
  await fault('disk-loss').heal?.(targets);
  expect(statSync(join(folder, 'commit-log')).isDirectory()).toBe(true);
});

it('disk-fail and disk-full stop the writes until the restart', async () => {
  const started = await start();
  const { targets } = started;
  for (const [name, errno] of [
    ['disk-fail', 'EIO'],
    ['disk-full', 'ENOSPC'],
  ] as const) {
    expect((await send(started)).outcome).toBe('acked');
    const [evidence] = await fault(name).inject(targets, deed());
    expect(evidence).toMatchObject({ target: 'b1', disk: { fail: errno, done: true } });
    expect(await send(started)).toMatchObject({ outcome: 'unknown', reason: 'KAFKA_STORAGE_ERROR' });
    const [healed] = (await fault(name).heal?.(targets)) ?? [];
    expect(healed).toMatchObject({ disk: { healed: true, done: true }, stop: { exitCode: 0 }, start: {} });
  }
  // the client may find its way back on the second try
  const outcomes = [await send(started), await send(started), await send(started)].map(({ outcome }) => outcome);
  expect(outcomes).toContain('acked');
});

it('disk-slow tells the node, and takes it back', async () => {
  const started = await start();
  const { targets } = started;
  const [evidence] = await fault('disk-slow').inject(targets, deed({ delay: '300ms' }));
  expect(evidence).toEqual({ target: 'b1', disk: { delayMs: 300, on: ['sync'], done: true } });
  expect((await send(started)).outcome).toBe('acked');
  expect(await fault('disk-slow').heal?.(targets)).toEqual([{ target: 'b1', disk: { healed: true, done: true } }]);
});

it('a node that refuses an order says so', async () => {
  const { targets } = await start();
  await expect(controlOf(targets[0]!, 'disk')({ fail: 'EIO', on: ['fly' as 'sync'] })).rejects.toThrow(
    'b1 did not obey',
  );
});
