/** One of two masters fails: the partitions of the other must not suffer, and the routes must say whose is whose. */
import { expect, test } from 'vitest';
import { driver as bundled } from '../../src/products/bundled/driver.ts';
import type { SendResult } from '../../src/products/driver.ts';
import { channelOf } from '../support/access.ts';
import { until } from '../support/kafka.ts';
import { startBundled } from './conformance/subjects.ts';
import { message } from './kafka/client/messages.ts';

const signal = AbortSignal.timeout(300_000);

test.each([
  { how: 'kill', idempotent: false },
  { how: 'pause', idempotent: false },
  { how: 'kill', idempotent: true },
] as const)('b1 fails by $how, idempotent $idempotent', async ({ how, idempotent }) => {
  await using cluster = await startBundled();
  const topic = 'two';
  await using admin = await bundled.admin(cluster.access);
  await admin.declare(channelOf(topic, 4), signal);
  const options = {
    channel: channelOf(topic),
    acks: 'all',
    oneway: false,
    idempotent,
    timeoutMs: 500,
    signal,
  } as const;
  await using producer = await bundled.producer(cluster.access, options);
  const [b1, b2] = cluster.access.bootstrap;
  const routes = producer.routes();
  expect([...new Set(routes)].sort()).toEqual([b1, b2].sort());
  const dead = routes.indexOf(b1!);
  const alive = routes.indexOf(b2!);
  let seq = 0;
  const send = (partition: number): Promise<SendResult> => producer.send(message(++seq, { partition }));
  for (const partition of [0, 1, 2, 3]) expect((await send(partition)).outcome).toBe('acked');

  if (how === 'kill') await cluster.kill('b1');
  else cluster.signal('b1', 'SIGSTOP');
  const outcomes: Record<string, number> = {};
  const slowest = { dead: 0, alive: 0 };
  const timed = async (name: 'dead' | 'alive', partition: number): Promise<void> => {
    const startedAtMs = performance.now();
    const { outcome } = await send(partition);
    slowest[name] = Math.max(slowest[name], Math.round(performance.now() - startedAtMs));
    outcomes[`${name} ${outcome}`] = (outcomes[`${name} ${outcome}`] ?? 0) + 1;
  };
  const endMs = performance.now() + 4_000;
  while (performance.now() < endMs) {
    await Promise.all([timed('dead', dead), timed('alive', alive), timed('alive', alive)]);
    await new Promise((wake) => setTimeout(wake, 20));
  }
  console.log(how, idempotent, JSON.stringify(outcomes), JSON.stringify(slowest));
  expect(outcomes['dead acked']).toBeUndefined();
  expect(outcomes['alive acked']).toBeGreaterThan((outcomes['alive rejected'] ?? 0) + (outcomes['alive unknown'] ?? 0));

  if (how === 'kill') await cluster.start('b1');
  else cluster.signal('b1', 'SIGCONT');
  await until('b1 takes sends again', 20_000, async () => (await send(dead)).outcome === 'acked');
  expect(producer.routes()[dead]).toBe(b1);
});
