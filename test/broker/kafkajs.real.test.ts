import { type Kafka, Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { after, consumeUntil, createTopic, TestCluster } from './support/nodes.ts';

const createPartitioner = Partitioners.DefaultPartitioner;

async function sendAll(kafka: Kafka, topic: string, values: readonly string[], idempotent = false): Promise<void> {
  const producer = kafka.producer({ createPartitioner, idempotent });
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

const numbered = (count: number, prefix = 'v') => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const count = (wanted: number) => (values: readonly string[]) => values.length >= wanted;

test('topics, produce, consume, groups and offsets with kafkajs on two masters', async () => {
  await using cluster = await TestCluster.start(2);
  const kafka = cluster.kafka();
  const admin = kafka.admin();
  await admin.connect();
  expect(await admin.createTopics({ topics: [{ topic: 't', numPartitions: 4 }] })).toBe(true);
  expect(await admin.createTopics({ topics: [{ topic: 't', numPartitions: 4 }] })).toBe(false);
  const [metadata] = (await admin.fetchTopicMetadata({ topics: ['t'] })).topics;
  expect(metadata?.partitions.map(({ leader }) => leader)).toEqual([1, 2, 1, 2]);
  await expect(admin.createTopics({ topics: [{ topic: 'r', replicationFactor: 2 }] })).rejects.toThrow();
  await expect(admin.createTopics({ topics: [{ topic: 'a/b' }] })).rejects.toThrow();

  const values = numbered(500);
  await sendAll(kafka, 't', values.slice(0, 250));
  await sendAll(kafka, 't', values.slice(250), true);
  expect((await consumeUntil(kafka, 't', 'g', count(500))).sort()).toEqual([...values].sort());
  const committed = (await admin.fetchOffsets({ groupId: 'g', topics: ['t'] }))[0]?.partitions ?? [];
  expect(committed.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(500);
  expect((await admin.fetchTopicOffsets('t')).reduce((sum, { high }) => sum + Number(high), 0)).toBe(500);
  expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toContain('g');
  expect((await admin.describeGroups(['g'])).groups[0]).toMatchObject({ state: 'Empty' });
  expect(await admin.deleteGroups(['g'])).toEqual([{ groupId: 'g', errorCode: 0 }]);
  await admin.deleteTopics({ topics: ['t'] });
  expect(await admin.listTopics()).toEqual([]);
  await admin.disconnect();
});

test('two consumers of a group that start together share the partitions', async () => {
  await using cluster = await TestCluster.start(1);
  const kafka = cluster.kafka();
  await createTopic(kafka, 't', 4);
  const consumers = [kafka.consumer({ groupId: 'g' }), kafka.consumer({ groupId: 'g' })];
  const assigned = consumers.map(
    (consumer) =>
      new Promise<number>((resolve) => {
        consumer.on('consumer.group_join', ({ payload }) => {
          const partitions = payload.memberAssignment.t ?? [];
          if (partitions.length === 2) resolve(partitions.length);
        });
      }),
  );
  for (const consumer of consumers) {
    await consumer.connect();
    await consumer.subscribe({ topic: 't' });
  }
  for (const consumer of consumers) void consumer.run({ eachMessage: async () => {} });
  expect(await Promise.race([Promise.all(assigned), after(30_000)])).toEqual([2, 2]);
  for (const consumer of consumers) await consumer.disconnect();
});

test('a deleted topic is gone from a master that was down, and a new one of its name starts empty', async () => {
  await using cluster = await TestCluster.start(2);
  const kafka = cluster.kafka();
  await createTopic(kafka, 't', 2);
  await sendAll(kafka, 't', numbered(100, 'old'));
  expect((await consumeUntil(kafka, 't', 'g', count(100))).length).toBe(100);
  await cluster.master(2).kill('SIGKILL');
  const admin = cluster.kafka().admin();
  await admin.connect();
  await admin.deleteTopics({ topics: ['t'] });
  await cluster.restartMaster(2);
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 2 }] });
  await admin.disconnect();
  const fresh = cluster.kafka();
  await sendAll(fresh, 't', numbered(10, 'new'));
  const values = await consumeUntil(fresh, 't', 'g', count(10));
  expect(values.sort()).toEqual(numbered(10, 'new'));
});

test('without the name server masters keep serving, topics wait', async () => {
  await using cluster = await TestCluster.start(2);
  const kafka = cluster.kafka();
  await createTopic(kafka, 't', 2);
  const { port } = cluster.nameServer.ready;
  await cluster.nameServer.kill('SIGKILL');
  await cluster.master(1).kill('SIGKILL');
  const again = await cluster.restartMaster(1);
  expect(again.ready).toMatchObject({ registered: false });
  await sendAll(kafka, 't', numbered(50));
  expect((await consumeUntil(kafka, 't', 'g', count(50))).length).toBe(50);
  const admin = cluster.kafka(0).admin();
  await admin.connect();
  await expect(admin.createTopics({ topics: [{ topic: 'u' }] })).rejects.toThrow();
  cluster.nameServer = await cluster.nameServer.restart();
  expect(cluster.nameServer.ready.port).toBe(port);
  await admin.disconnect();
  await createTopic(cluster.kafka(), 'u', 2);
  await sendAll(cluster.kafka(), 'u', numbered(3));
});
