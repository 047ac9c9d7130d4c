import { Partitioners, type Producer } from 'kafkajs';
import { expect, test } from 'vitest';
import { after, consumeUntil, createTopic, TestCluster } from './support/nodes.ts';

async function producerOf(cluster: TestCluster): Promise<Producer> {
  const kafka = cluster.kafka(0);
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return producer;
}

function send(producer: Producer, value: string): Promise<unknown> {
  return producer.send({ topic: 't', messages: [{ value }] });
}

const storageError = { cause: { type: 'KAFKA_STORAGE_ERROR' } };

test.each([
  ['sync', { fail: 'EIO', on: ['sync'] }],
  ['sync', { fail: 'ENOSPC', on: ['write'] }],
  ['sync', { fail: 'EIO', on: ['write', 'sync'] }],
  ['async', { fail: 'EIO', on: ['write'] }],
  ['async', { fail: 'ENOSPC', on: ['write'] }],
])(
  'flush %s, %j: the send fails, so do those after it until a restart, and what was acknowledged is there',
  async (flush, rule) => {
    await using cluster = await TestCluster.start(1, '--flush', flush);
    await createTopic(cluster.kafka(), 't', 1);
    const producer = await producerOf(cluster);
    await send(producer, 'before');
    expect(await cluster.master(1).command({ id: 1, disk: rule })).toEqual({ id: 1, done: true });
    await expect(send(producer, 'failed')).rejects.toMatchObject(storageError);
    await expect(send(producer, 'failed')).rejects.toMatchObject(storageError);
    expect(await cluster.master(1).command({ id: 2, disk: null })).toEqual({ id: 2, done: true });
    // Nobody knows what the disk holds, however well it is by now.
    await expect(send(producer, 'failed')).rejects.toMatchObject(storageError);
    expect(cluster.master(1).stderr).toContain('refusing writes until restarted');
    await producer.disconnect();
    await cluster.cutPower(1);
    const again = await producerOf(cluster);
    await send(again, 'after');
    await again.disconnect();
    const values = await consumeUntil(cluster.kafka(), 't', 'g', (seen) => seen.at(-1) === 'after');
    if (flush === 'sync') expect(values).toEqual(['before', 'after']);
    else expect(values.at(-1)).toBe('after');
  },
);

test('a write that filled the disk leaves nothing of itself', async () => {
  await using cluster = await TestCluster.start(1);
  await createTopic(cluster.kafka(), 't', 1);
  const producer = await producerOf(cluster);
  await send(producer, 'before');
  await cluster.master(1).command({ id: 1, disk: { fail: 'ENOSPC', on: ['write'] } });
  await expect(send(producer, 'half of it')).rejects.toMatchObject(storageError);
  await producer.disconnect();
  await cluster.master(1).kill('SIGKILL');
  await cluster.restartMaster(1);
  expect(cluster.master(1).ready.recovery).toMatchObject({ entries: 1, cut: null });
  const again = await producerOf(cluster);
  await send(again, 'after');
  await again.disconnect();
  expect(await consumeUntil(cluster.kafka(), 't', 'g', (seen) => seen.at(-1) === 'after')).toEqual(['before', 'after']);
});

test('what cannot be read is not served, and is once it can be', async () => {
  await using cluster = await TestCluster.start(1);
  await createTopic(cluster.kafka(), 't', 1);
  const producer = await producerOf(cluster);
  await send(producer, 'kept');
  await producer.disconnect();
  // What was just written would be served from memory.
  await cluster.master(1).kill('SIGTERM');
  const master = await cluster.restartMaster(1);
  await master.command({ id: 1, disk: { fail: 'EIO', on: ['read'] } });
  const reading = consumeUntil(cluster.kafka(), 't', 'g', (seen) => seen.length > 0);
  for (let waits = 0; !master.stderr.includes('EIO') && waits < 600; waits++) await after(50);
  expect(master.stderr).toContain('EIO');
  await master.command({ id: 2, disk: null });
  expect(await reading).toEqual(['kept']);
});

test('a slow disk delays the answers of flush sync', async () => {
  await using cluster = await TestCluster.start(1, '--flush', 'sync');
  await createTopic(cluster.kafka(), 't', 1);
  const producer = await producerOf(cluster);
  await send(producer, 'fast');
  await cluster.master(1).command({ id: 1, disk: { syncDelayMs: 1500 } });
  const before = performance.now();
  await send(producer, 'slow');
  expect(performance.now() - before).toBeGreaterThanOrEqual(1490);
  await producer.disconnect();
});

test('a slow disk delays no answer of flush async', async () => {
  await using cluster = await TestCluster.start(1, '--flush', 'async', '--thorough-flush-interval-ms', '10');
  await createTopic(cluster.kafka(), 't', 1);
  const producer = await producerOf(cluster);
  await send(producer, 'fast');
  await cluster.master(1).command({ id: 1, disk: { syncDelayMs: 600_000 } });
  for (let index = 0; index < 10; index++) await send(producer, `still fast ${index}`);
  await producer.disconnect();
});

test('what is no command is answered, and changes nothing', async () => {
  await using cluster = await TestCluster.start(1, '--exit-with-parent');
  const master = cluster.master(1);
  for (const line of ['rubbish', '{"id":7}', '{"id":7,"disc":null}', '{"id":7,"disk":{"fail":"EIO"}}']) {
    expect(await master.tell(line)).toMatchObject({ error: 'bad-command', message: expect.any(String) });
  }
  await createTopic(cluster.kafka(), 't', 1);
  const producer = await producerOf(cluster);
  await send(producer, 'works');
  await producer.disconnect();
  expect(await master.orphan()).toBe(0);
});
