import { describe, expect, test } from 'vitest';
import {
  alterConfigs,
  createPartitions,
  deleteRecords,
  describeAcls,
  describeConfigs,
  describeLogDirs,
  incrementalAlterConfigs,
  listTransactions,
  saslHandshake,
} from '../../src/broker/wire/apis/admin.ts';
import { findCoordinator } from '../../src/broker/wire/apis/groups.ts';
import { offsetDelete, offsetFetch } from '../../src/broker/wire/apis/offsets.ts';
import { fetch, initProducerId, listOffsets } from '../../src/broker/wire/apis/records.ts';
import { createTopics, describeCluster, metadata } from '../../src/broker/wire/apis/topics.ts';
import { fetchByName } from './support/fetch.ts';
import { MemoryCluster } from './support/memory-cluster.ts';

const topic = 2;
const broker = 4;
const noId = '0'.repeat(32);

interface Asked {
  readonly configs?: Readonly<Record<string, string>>;
  readonly replicationFactor?: number;
}

async function create(cluster: MemoryCluster, name: string, { configs = {}, replicationFactor = -1 }: Asked = {}) {
  const listed = Object.entries(configs).map(([one, value]) => ({ name: one, value }));
  const asked = { name, partitionCount: 1, replicationFactor, assignments: [], configs: listed };
  const answer = await cluster.call(1, createTopics, { topics: [asked], timeoutMs: 5000, validateOnly: false });
  return answer.topics[0];
}

async function configs(cluster: MemoryCluster, type: number, name: string, keys: readonly string[] | null = null) {
  const request = { ...describeConfigs.request.zero, resources: [{ type, name, keys }] };
  const [result] = (await cluster.call(1, describeConfigs, request)).results;
  const values = Object.fromEntries(result?.configs.map((one) => [one.name, one.value]) ?? []);
  return { errorCode: result?.errorCode, values };
}

async function describeTopics(cluster: MemoryCluster, names: readonly { name: string | null; topicId: string }[]) {
  return (await cluster.call(1, metadata, { ...metadata.request.zero, topics: names })).topics;
}

describe('configs', () => {
  test('a topic and a broker say what they have, and what does not exist is told as Kafka does', async () => {
    await using cluster = await MemoryCluster.start([1], { replication: 'async' });
    expect(
      await create(cluster, 'c', { configs: { 'retention.ms': '1000', 'max.message.bytes': '5000' } }),
    ).toMatchObject({ errorCode: 0 });
    const { errorCode, values } = await configs(cluster, topic, 'c');
    expect(errorCode).toBe(0);
    expect(values).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': '1000',
      'max.message.bytes': '5000',
      'min.insync.replicas': '1',
    });
    expect((await configs(cluster, topic, 'c', ['retention.ms', 'nothing'])).values).toEqual({
      'retention.ms': '1000',
    });
    expect((await configs(cluster, broker, '1')).values).toMatchObject({
      'num.partitions': '1',
      'message.max.bytes': '100000',
    });
    expect((await configs(cluster, topic, 'none')).errorCode).toBe(3);
    expect((await configs(cluster, broker, '7')).errorCode).toBe(42);
  });

  test('names and values that Kafka does not know are refused before anything is made', async () => {
    await using cluster = await MemoryCluster.start([1], { replication: 'async' });
    for (const [name, value] of [
      ['retention.mss', '1'],
      ['retention.ms', 'soon'],
      ['cleanup.policy', 'compost'],
      ['message.timestamp.type', 'Never'],
      ['max.message.bytes', '999999999'],
      ['min.insync.replicas', '2'],
    ] as const) {
      expect((await create(cluster, 'c', { configs: { [name]: value } }))?.errorCode, name).toBe(40);
    }
    expect((await configs(cluster, topic, 'c')).errorCode).toBe(3);
  });

  test('what is kept but not carried out is said on the terminal; max.message.bytes is carried out', async () => {
    await using cluster = await MemoryCluster.start([1], { replication: 'async' });
    await create(cluster, 'c', { configs: { 'cleanup.policy': 'compact', 'max.message.bytes': '200' } });
    expect(cluster.logs.join('\n')).toContain('topic c: kept but not carried out: cleanup.policy=compact');
    expect(await cluster.produce(1, 'x'.repeat(100), { topic: 'c' })).toBe(0);
    expect(await cluster.produce(1, 'x'.repeat(300), { topic: 'c' })).toBe(10);
  });

  test('min.insync.replicas is carried out where slaves are waited for', async () => {
    await using cluster = await MemoryCluster.start([1, 17], { replicaLagMs: 500 }, 'in-sync');
    await cluster.until(async () => (await cluster.partition(1)).inSync.length === 2);
    expect((await create(cluster, 'c', { configs: { 'min.insync.replicas': '3' } }))?.errorCode).toBe(40);
    expect((await create(cluster, 'c', { configs: { 'min.insync.replicas': '2' } }))?.errorCode).toBe(0);
    expect(await cluster.produce(1, 'two copies', { topic: 'c' })).toBe(0);
    await cluster.kill(17);
    expect(await cluster.produce(1, 'by which its absence shows')).toBe(20);
    await cluster.until(async () => (await cluster.partition(1)).inSync.length === 1);
    expect(await cluster.produce(1, 'one copy', { topic: 'c' })).toBe(19);
  });

  test('they are altered, one by one or as a whole, and lists item by item', async () => {
    await using cluster = await MemoryCluster.start([1], { replication: 'async' });
    await create(cluster, 'c', { configs: { 'retention.ms': '1000' } });
    const alter = async (name: string, operation: number, value: string | null) => {
      const resources = [{ type: topic, name: 'c', configs: [{ name, operation, value }] }];
      const answer = await cluster.call(1, incrementalAlterConfigs, { resources, validateOnly: false });
      return answer.responses[0]?.errorCode;
    };
    expect(await alter('cleanup.policy', 2, 'compact')).toBe(0);
    expect((await configs(cluster, topic, 'c')).values).toMatchObject({
      'cleanup.policy': 'delete,compact',
      'retention.ms': '1000',
    });
    expect(await alter('cleanup.policy', 3, 'delete')).toBe(0);
    expect(await alter('retention.ms', 1, null)).toBe(0);
    expect(await alter('no.such.config', 0, '1')).toBe(40);
    expect((await configs(cluster, topic, 'c')).values).toMatchObject({
      'cleanup.policy': 'compact',
      'retention.ms': '-1',
    });
    const whole = [{ type: topic, name: 'c', configs: [{ name: 'retention.ms', value: '5' }] }];
    await cluster.call(1, alterConfigs, { resources: whole, validateOnly: false });
    expect((await configs(cluster, topic, 'c')).values).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': '5',
    });
    const ofBroker = [{ type: broker, name: '1', configs: [] }];
    const refused = await cluster.call(1, alterConfigs, { resources: ofBroker, validateOnly: false });
    expect(refused.responses[0]?.errorCode).toBe(42);
  });
});

test('a replication factor is taken up to what the cluster has, and the answer says what that is', async () => {
  await using cluster = await MemoryCluster.start([1, 17, 33], {}, 'in-sync');
  for (const factor of [1, 2, 3, -1]) {
    const made = await create(cluster, `t${factor}`, { replicationFactor: factor });
    expect(made).toMatchObject({ errorCode: 0, replicationFactor: 3 });
  }
  expect((await create(cluster, 'four', { replicationFactor: 4 }))?.errorCode).toBe(38);
  const [described] = await describeTopics(cluster, [{ name: 't1', topicId: noId }]);
  expect(described?.partitions[0]?.replicas).toEqual([1, 17, 33]);
});

test('transactions are refused at once and for good, and told on the terminal', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  const asked = { ...findCoordinator.request.zero, keyType: 1, keys: ['my-transactions'] };
  const [found] = (await cluster.call(1, findCoordinator, asked)).coordinators;
  expect(found).toMatchObject({ errorCode: 53, errorMessage: expect.stringContaining('no transactions') });
  const producer = { ...initProducerId.request.zero, transactionalId: 'my-transactions' };
  expect((await cluster.call(1, initProducerId, producer)).errorCode).toBe(53);
  expect(cluster.logs.join('\n')).toContain("transactional.id 'my-transactions' is refused");
  expect(await cluster.call(1, listTransactions, listTransactions.request.zero)).toMatchObject({
    errorCode: 0,
    transactions: [],
  });
});

test('topics are described by name and by id, in the versions that name them so', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  const [byName] = await describeTopics(cluster, [{ name: 't', topicId: noId }]);
  expect(byName).toMatchObject({ errorCode: 0, name: 't', topicId: expect.not.stringContaining(noId) });
  const id = byName?.topicId ?? '';
  expect(await describeTopics(cluster, [{ name: null, topicId: id }])).toEqual([byName]);
  const unknown = 'ab'.repeat(16);
  const [nothing] = await describeTopics(cluster, [{ name: null, topicId: unknown }]);
  expect(nothing).toMatchObject({ errorCode: 100, name: null, topicId: unknown });
});

test('a topic is made by being asked for only if the broker was told so and the client allows it', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async', autoCreate: 3 });
  const names = [{ name: 'fresh', topicId: noId }];
  expect((await describeTopics(cluster, names))[0]?.errorCode).toBe(3);
  const allowed = { ...metadata.request.zero, topics: names, allowAutoTopicCreation: true };
  const [made] = (await cluster.call(1, metadata, allowed)).topics;
  expect([made?.errorCode, made?.partitions.length]).toEqual([0, 3]);
});

test('a topic gets more partitions, never fewer', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  const extend = async (count: number, name = 't') => {
    const request = { topics: [{ name, count, assignments: null }], timeoutMs: 5000, validateOnly: false };
    return (await cluster.call(1, createPartitions, request)).results[0]?.errorCode;
  };
  expect([await extend(5), await extend(5), await extend(2), await extend(3, 'none')]).toEqual([0, 37, 37, 3]);
  const [described] = await describeTopics(cluster, [{ name: 't', topicId: noId }]);
  expect(described?.partitions.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
});

describe('records', () => {
  test('are fetched by the id of their topic, too', async () => {
    await using cluster = await MemoryCluster.start([1], { replication: 'async' });
    await create(cluster, 't');
    const [described] = await describeTopics(cluster, [{ name: 't', topicId: noId }]);
    const place = { index: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1 };
    const byId = async (topicId: string) => {
      const topics = [{ name: '', topicId, partitions: [{ ...place, maxBytes: 100_000 }] }];
      const [answered] = (await cluster.call(1, fetch, { ...fetch.request.zero, maxBytes: 100_000, topics })).topics;
      return [answered?.topicId, answered?.partitions[0]?.errorCode];
    };
    const id = described?.topicId ?? '';
    expect(await byId(id)).toEqual([id, 0]);
    expect(await byId('ab'.repeat(16))).toEqual(['ab'.repeat(16), 100]);
  });

  const fetchAt = async (cluster: MemoryCluster, fetchOffset: number) => {
    const place = { index: 0, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, logStartOffset: -1 };
    const topics = [{ name: 't', topicId: noId, partitions: [{ ...place, maxBytes: 100_000 }] }];
    const answer = await cluster.call(1, fetchByName, { ...fetchByName.request.zero, maxBytes: 100_000, topics });
    return answer.topics[0]?.partitions[0];
  };
  const below = async (cluster: MemoryCluster, offset: number) => {
    const topics = [{ name: 't', partitions: [{ index: 0, offset }] }];
    return (await cluster.call(1, deleteRecords, { topics, timeoutMs: 1000 })).topics[0]?.partitions[0];
  };
  const listAt = async (cluster: MemoryCluster, timestampMs: number) => {
    const topics = [{ name: 't', partitions: [{ index: 0, currentLeaderEpoch: -1, timestampMs }] }];
    const answer = await cluster.call(1, listOffsets, { ...listOffsets.request.zero, topics });
    return answer.topics[0]?.partitions[0]?.offset;
  };

  test('the start of a log moves, and stays moved through restarts with and without a checkpoint', async () => {
    await using cluster = await MemoryCluster.start([1], { replication: 'async', flush: 'sync' });
    for (let at = 0; at < 10; at++) await cluster.produce(1, `m${at}`, { timestampMs: 100 - at });
    expect(await below(cluster, 11)).toMatchObject({ errorCode: 1 });
    expect(await below(cluster, 4)).toEqual({ index: 0, lowWatermark: 4, errorCode: 0 });
    expect(await below(cluster, 2)).toMatchObject({ lowWatermark: 4, errorCode: 0 });
    for (const end of ['nothing', 'kill', 'stop'] as const) {
      if (end === 'kill') await cluster.kill(1);
      if (end === 'stop') await cluster.stop(1);
      if (end !== 'nothing') await cluster.start(1);
      expect(await fetchAt(cluster, 3)).toMatchObject({ errorCode: 1, logStartOffset: 4 });
      expect(await fetchAt(cluster, 4)).toMatchObject({ errorCode: 0, logStartOffset: 4 });
      expect([await listAt(cluster, -2), await listAt(cluster, 0), await listAt(cluster, -3)]).toEqual([4, 4, 4]);
    }
    expect(await below(cluster, -1)).toMatchObject({ lowWatermark: 10, errorCode: 0 });
    expect([await listAt(cluster, -2), await listAt(cluster, 0), await listAt(cluster, -3)]).toEqual([10, -1, -1]);
  });

  test('a log folder says how many bytes a partition has', async () => {
    await using cluster = await MemoryCluster.start([1], { replication: 'async' });
    await cluster.produce(1, 'x'.repeat(1000));
    const sizesNow = async () => {
      const { results } = await cluster.call(1, describeLogDirs, { topics: null });
      return results[0]?.topics[0]?.partitions[0]?.sizeBytes ?? 0;
    };
    const bytes = await sizesNow();
    expect(bytes).toBeGreaterThan(1000);
    await cluster.stop(1);
    await cluster.start(1);
    expect(await sizesNow()).toBe(bytes);
  });
});

test('a group forgets an offset, for good', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async', flush: 'sync' });
  await cluster.commit(1, 'g', 7);
  const forget = async (groupId: string) => {
    const request = { groupId, topics: [{ name: 't', partitions: [{ index: 0 }] }] };
    return await cluster.call(1, offsetDelete, request);
  };
  expect((await forget('nobody')).errorCode).toBe(69);
  expect((await forget('g')).topics[0]?.partitions[0]?.errorCode).toBe(0);
  expect(await cluster.committed(1, 'g')).toBe(-1);
  await cluster.kill(1);
  await cluster.start(1);
  expect(await cluster.committed(1, 'g')).toBe(-1);
  expect(offsetFetch.max).toBeGreaterThanOrEqual(8);
});

test('what a broker without logins and access lists is asked is answered as Kafka does', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  expect((await cluster.call(1, describeAcls, describeAcls.request.zero)).errorCode).toBe(54);
  expect((await cluster.call(1, saslHandshake, { mechanism: 'PLAIN' })).errorCode).toBe(34);
  expect(cluster.logs.join('\n')).toContain('wants to log in by SASL, but this port asks for no login');
  const brokers = await cluster.call(1, describeCluster, {
    includeOperations: false,
    endpointType: 1,
    includeFenced: false,
  });
  expect(brokers).toMatchObject({ errorCode: 0, endpointType: 1 });
  expect(brokers.brokers.length).toBe(1);
  const controllers = { includeOperations: false, endpointType: 2, includeFenced: false };
  expect((await cluster.call(1, describeCluster, controllers)).errorCode).toBe(114);
});
