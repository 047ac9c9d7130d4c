import { expect, test } from 'vitest';
import { createTopics, deleteTopics, metadata } from '../../src/broker/wire/apis/topics.ts';
import { MemoryCluster } from './support/memory-cluster.ts';

/** One node, and the topics asked for, each a name and a number of partitions. */
async function create(cluster: MemoryCluster, topics: readonly (readonly [name: string, partitions: number])[]) {
  const asked = topics.map(([name, partitionCount]) => ({
    ...{ name, partitionCount, replicationFactor: -1, assignments: [], configs: [] },
  }));
  const answer = await cluster.call(1, createTopics, { topics: asked, timeoutMs: 30_000, validateOnly: false });
  return answer.topics.map(({ errorCode }) => errorCode);
}

async function described(cluster: MemoryCluster, id = 1): Promise<{ topics: number; partitions: number }> {
  const { topics } = await cluster.call(id, metadata, { ...metadata.request.zero, topics: null });
  return { topics: topics.length, partitions: topics.reduce((sum, { partitions }) => sum + partitions.length, 0) };
}

test('three topics of 1,024 partitions, and one of 5,000, are made', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  for (const name of ['a', 'b', 'c']) expect(await create(cluster, [[name, 1024]])).toEqual([0]);
  expect(await create(cluster, [['d', 5000]])).toEqual([0]);
  expect(await described(cluster)).toEqual({ topics: 5, partitions: 3 * 1024 + 5000 + 1 });
});

test('10,000 topics with 50,000 partitions are made by one request, and known after a restart of everything', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  const names = Array.from({ length: 10_000 }, (_, at) => [`orders-of-customer-${at}`, 5] as const);
  expect(new Set(await create(cluster, names))).toEqual(new Set([0]));
  expect(await described(cluster)).toEqual({ topics: 10_001, partitions: 50_001 });
  await cluster.kill(1);
  await cluster.killNameServer();
  await cluster.startNameServer();
  await cluster.start(1);
  expect(await described(cluster)).toEqual({ topics: 10_001, partitions: 50_001 });
  expect(await cluster.produce(1, 'after all that')).toBe(0);
}, 60_000);

test('what is too much is refused before anything is written', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  expect(await create(cluster, [['wild', 2 ** 31 - 1]])).toEqual([44]);
  expect(await create(cluster, [['none', 0]])).toEqual([37]);
  expect(
    await create(cluster, [
      ['x', 1],
      ['x', 1],
      ['y', 1],
    ]),
  ).toEqual([42, 42, 0]);
  const large = Array.from({ length: 11 }, (_, at) => [`large${at}`, 9999] as const);
  expect(await create(cluster, large)).toEqual([...Array(10).fill(0), 44]);
  expect(await described(cluster)).toEqual({ topics: 12, partitions: 10 * 9999 + 2 });
});

test('topics made and deleted in turn leave nothing in the routes', async () => {
  await using cluster = await MemoryCluster.start([1, 17], { replication: 'async', flush: 'sync' });
  for (let round = 0; round < 300; round++) {
    expect(await create(cluster, [['again', 1]])).toEqual([0]);
    if (round % 50 === 0) expect(await cluster.produce(1, 'x', { topic: 'again' })).toBe(0);
    const request = { topics: [], names: ['again'], timeoutMs: 5000 };
    const named = { ...request, topics: [{ name: 'again', topicId: '0'.repeat(32) }] };
    expect((await cluster.call(1, deleteTopics, named)).topics[0]?.errorCode).toBe(0);
    await cluster.pass(200);
  }
  expect(cluster.routes().deletedTopicIds.length).toBeLessThan(5);
});

test('a slave takes over a cluster with many topics, and shows what was acknowledged', async () => {
  await using cluster = await MemoryCluster.start([1, 17], {}, 'in-sync');
  await cluster.until(async () => (await cluster.partition(1)).inSync.length === 2);
  expect(await create(cluster, [['a', 5000]])).toEqual([0]);
  for (let at = 0; at < 100; at++) expect(await cluster.produce(1, `m${at}`)).toBe(0);
  await cluster.kill(1);
  await cluster.until(async () => (await cluster.partition(17)).leader === 17);
  await cluster.until(async () => Array.isArray(await cluster.consume(17)));
  expect(await cluster.consume(17)).toHaveLength(100);
});
