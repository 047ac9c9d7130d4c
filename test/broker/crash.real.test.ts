import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import { expect, test } from 'vitest';
import { after, consumeUntil, createTopic, TestCluster } from './support/nodes.ts';

async function producerOf(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return producer;
}

test('kill -9 of a master while kafkajs sends: every acknowledged message is there after the restart', async () => {
  await using cluster = await TestCluster.start(1);
  const kafka = cluster.kafka();
  await createTopic(kafka, 't', 3);
  const producer = await producerOf(kafka);
  const acked = new Set<string>();
  let last = 0;
  let stop = false;
  const lanes = Array.from({ length: 30 }, async () => {
    while (!stop) {
      last += 1;
      const value = `m${last}`;
      const sent = await producer.send({ topic: 't', messages: [{ value }] }).then(
        () => true,
        () => false,
      );
      if (sent) acked.add(value);
    }
  });
  for (let kills = 1; kills <= 2; kills++) {
    const enough = acked.size + 1000;
    for (let waits = 0; acked.size < enough && waits < 600; waits++) await after(50);
    await cluster.master(1).kill('SIGKILL');
    const again = await cluster.restartMaster(1);
    expect(again.ready.recovery).toMatchObject({ cleanStop: false });
  }
  const afterwards = acked.size + 200;
  for (let waits = 0; acked.size < afterwards && waits < 600; waits++) await after(50);
  stop = true;
  await Promise.all(lanes);
  await producer.disconnect();
  expect(acked.size).toBeGreaterThan(2000);
  const missing = new Set(acked);
  await consumeUntil(cluster.kafka(), 't', 'g', (values) => {
    missing.delete(values.at(-1) ?? '');
    return missing.size === 0;
  });
  expect([...missing]).toEqual([]);
});

test('with one of two masters dead, sends to the partitions of the other go on', async () => {
  await using cluster = await TestCluster.start(2);
  const kafka = cluster.kafka(3);
  await createTopic(kafka, 't', 2);
  const producer = await producerOf(kafka);
  await producer.send({
    topic: 't',
    messages: [
      { value: 'warm', partition: 0 },
      { value: 'warm', partition: 1 },
    ],
  });
  await cluster.master(1).kill('SIGKILL');
  for (let index = 0; index < 20; index++) {
    await producer.send({ topic: 't', messages: [{ value: `v${index}`, partition: 1 }] });
  }
  await expect(producer.send({ topic: 't', messages: [{ value: 'to the dead', partition: 0 }] })).rejects.toThrow();
  await producer.send({ topic: 't', messages: [{ value: 'last', partition: 1 }] });
  // A client that starts now finds its way as well.
  const late = await producerOf(cluster.kafka());
  await late.send({ topic: 't', messages: [{ value: 'late', partition: 1 }] });
  await late.disconnect();
  await producer.disconnect();
});

test('the death of its coordinator stops a group until it is back, and its offsets come back with it', async () => {
  await using cluster = await TestCluster.start(2);
  const kafka = cluster.kafka();
  await createTopic(kafka, 't', 2);
  const producer = await producerOf(kafka);
  const values: string[] = [];
  const consumer = kafka.consumer({
    groupId: 'g',
    heartbeatInterval: 200,
    sessionTimeout: 10_000,
    maxWaitTimeInMs: 200,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: 't', fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) });
  const received = async (value: string) => {
    for (let waits = 0; !values.includes(value) && waits < 600; waits++) await after(100);
    return values.includes(value);
  };
  await producer.send({ topic: 't', messages: [{ value: 'before' }] });
  expect(await received('before')).toBe(true);
  const admin = kafka.admin();
  await admin.connect();
  const coordinator = (await admin.listGroups()).groups.length > 0 ? await coordinatorId(cluster) : 0;
  expect([1, 2]).toContain(coordinator);
  await cluster.master(coordinator).kill('SIGKILL');
  await cluster.restartMaster(coordinator);
  await producer.send({ topic: 't', messages: [{ value: 'after', partition: 0 }] });
  expect(await received('after')).toBe(true);
  // The consumer may have fetched it before it had joined again, and commits once it has.
  const committed = async () => {
    const offsets = (await admin.fetchOffsets({ groupId: 'g', topics: ['t'] }))[0]?.partitions ?? [];
    return offsets.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  };
  for (let waits = 0; (await committed()) < 2 && waits < 300; waits++) await after(100);
  await consumer.disconnect();
  expect(await committed()).toBe(2);
  await admin.disconnect();
  await producer.disconnect();
});

/** The master that lists the group. */
async function coordinatorId(cluster: TestCluster): Promise<number> {
  const admin = cluster.kafka().admin();
  await admin.connect();
  const { groups } = await admin.describeGroups(['g']);
  await admin.disconnect();
  expect(groups[0]?.state).toBe('Stable');
  // FNV-1a of "g" over two masters, as docs/broker.md gives it.
  const hash = Math.imul(0x811c9dc5 ^ 'g'.charCodeAt(0), 0x01000193) >>> 0;
  return (hash % 2) + 1;
}
