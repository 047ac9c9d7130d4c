/** @platformatic/kafka, from the folder of scripts/install-clients.sh. It reads only in groups. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import zlib from 'node:zlib';
import { bootstrap, contentOf, patienceMs as defaultPatienceMs, inOrder, serve, told, until } from './serve.mjs';

const installed = createRequire(new URL('../../.cache/clients/node/package.json', import.meta.url));
const { Admin, Consumer, Producer, stringSerializers } = await import(
  pathToFileURL(installed.resolve('@platformatic/kafka')).href
);

const common = {
  clientId: 'platformatic',
  bootstrapBrokers: bootstrap.split(','),
  retries: 5,
  retryDelay: 300,
  metadataMaxAge: 1000,
};
const admin = new Admin(common);
let readers = 0;
let staying;

/** How long a group reads what is there. */
const readMs = 3000;

await serve(
  {
    createTopic: async ({ topic, partitions, replicationFactor = -1, configs = {}, validateOnly }) => {
      if (validateOnly) return { notOffered: 'no such option' };
      const list = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [topic], partitions, replicas: replicationFactor, configs: list });
    },
    createPartitions: ({ topic, total }) =>
      admin.createPartitions({ topics: [{ name: topic, count: total, assignments: null }] }),
    describeTopic: async ({ topic }) => {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
      return [...Array(topics.get(topic).partitionsCount).keys()];
    },
    listTopics: () => admin.listTopics(),
    deleteTopic: ({ topic }) => admin.deleteTopics({ topics: [topic] }),
    describeCluster: async () => {
      const { brokers, controllerId } = await admin.metadata({ topics: [], forceUpdate: true });
      return { controller: brokers.has(controllerId) };
    },
    describeConfigs: ({ topic, names }) => describeConfigs(2, topic, names),
    describeBrokerConfigs: async ({ names }) => {
      const { brokers } = await admin.metadata({ topics: [] });
      return describeConfigs(4, String([...brokers.keys()][0]), names);
    },
    alterConfigs: async ({ topic, configs }) => {
      const changes = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 }));
      await admin.incrementalAlterConfigs({ resources: [{ resourceType: 2, resourceName: topic, configs: changes }] });
    },
    produce,
    consume,
    offsets: async ({ topic, at }) => {
      const time = { beginning: -2n, end: -1n, 'max-timestamp': -3n }[at] ?? BigInt(at);
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
      const partitions = [...Array(topics.get(topic).partitionsCount).keys()];
      const wanted = partitions.map((partitionIndex) => ({ partitionIndex, timestamp: time }));
      const [found] = await admin.listOffsets({ topics: [{ name: topic, partitions: wanted }] });
      return partitions.map((one) =>
        Number(found.partitions.find(({ partitionIndex }) => partitionIndex === one).offset),
      );
    },
    groupConsume,
    committed: async ({ topic, group }) => {
      const [{ topics }] = await admin.listConsumerGroupOffsets({ groups: [group] });
      const found = topics.find(({ name }) => name === topic)?.partitions ?? [];
      const known = found.filter(({ committedOffset }) => committedOffset >= 0n);
      return Object.fromEntries(
        known.map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]),
      );
    },
    share,
    join: async ({ topic, group }) => {
      staying = await member(topic, group);
      await until(() => staying.partitions() > 0);
    },
    leave: () => staying.consumer.close(true),
    describeGroup: async ({ group }) => {
      const found = (await admin.describeGroups({ groups: [group] })).get(group);
      return { state: found.state, members: found.members.size };
    },
    listGroups: async () => [...(await admin.listGroups()).keys()],
    deleteGroup: ({ group }) => admin.deleteGroups({ groups: [group] }),
    commit: async ({ topic, group, offsets }) => {
      const partitionOffsets = Object.entries(offsets).map(([partition, offset]) => ({
        partition: Number(partition),
        offset: BigInt(offset),
      }));
      await admin.alterConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionOffsets }] });
    },
    deleteOffsets: async ({ topic, group }) => {
      await admin.deleteConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionIndexes: [0, 1] }] });
    },
    deleteRecords: async ({ topic, partition, before }) => {
      const [found] = await admin.deleteRecords({
        topics: [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }],
      });
      return Number(found.partitions[0].lowWatermark);
    },
    logDirs: async ({ topic }) => {
      const found = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0, 1, 2] }] });
      const folders = found.flatMap(({ results }) => results.flatMap(({ topics }) => topics));
      const partitions = folders.flatMap((one) => one.partitions.map(({ partitionIndex }) => partitionIndex));
      return [...new Set(partitions)].sort();
    },
    acls: () =>
      admin.describeAcls({
        filter: {
          resourceType: 1,
          resourceName: null,
          resourcePatternType: 1,
          principal: null,
          host: null,
          operation: 1,
          permissionType: 1,
        },
      }),
    transaction: async ({ topic, transactionalId }) => {
      const producer = new Producer({ ...common, transactionalId, idempotent: true, serializers: stringSerializers });
      try {
        const transaction = await producer.beginTransaction();
        await transaction.send({ messages: [{ topic, partition: 0, value: 'x' }] });
        await transaction.commit();
      } finally {
        await producer.close();
      }
    },
  },
  nameOf,
);

/** Errors of Kafka are inside those that several brokers, or several tries, gave. */
function nameOf(error) {
  const open = [error];
  for (const one of open) {
    if (one.apiId !== undefined) return one.apiId;
    open.push(...(one.errors ?? []), ...(one.cause === undefined ? [] : [one.cause]));
  }
  return error.code ?? error.name;
}

async function describeConfigs(resourceType, resourceName, names) {
  const [found] = await admin.describeConfigs({
    resources: [{ resourceType, resourceName, configurationKeys: names }],
  });
  return Object.fromEntries(found.configs.map(({ name, value }) => [name, value]));
}

async function produce({ topic, partition, records, acks = -1, compression = 'none', idempotent = false }) {
  if (compression === 'zstd' && zlib.zstdCompressSync === undefined) return { notOffered: 'not on this Node' };
  const producer = new Producer({ ...common, serializers: stringSerializers });
  try {
    const messages = records.map((record) => ({
      ...{ topic, key: record.key, value: contentOf(record) ?? undefined, headers: new Map(record.headers ?? []) },
      ...(partition === undefined ? {} : { partition }),
      ...(record.timestamp === undefined ? {} : { timestamp: BigInt(record.timestamp) }),
    }));
    const { offsets } = await producer.send({ messages, acks, compression, idempotent });
    if (acks === 0) return null;
    const each = offsets.map((one) => [one.partition, Number(one.offset)]).sort(([a], [b]) => a - b);
    return each.map(([to, offset]) => [to, offset, partition === undefined ? null : records.length]); // it does not say how many went where
  } finally {
    await producer.close();
  }
}

function consumerOf(groupId) {
  const timing = { sessionTimeout: 10_000, heartbeatInterval: 200, rebalanceTimeout: 10_000, maxWaitTime: 100 };
  return new Consumer({ ...common, groupId, ...timing });
}

async function consume({
  topic,
  partition,
  offset,
  back = 0,
  count,
  isolation,
  times,
  patienceMs = defaultPatienceMs,
}) {
  const consumer = consumerOf(`${topic}-reader-${process.pid}-${readers++}`);
  try {
    const ends = (await consumer.listOffsets({ topics: [topic], timestamp: -1n })).get(topic);
    const at = async (timestamp) => (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic)[partition];
    let from = offset;
    if (typeof offset === 'object') from = await at(BigInt(offset.timestamp));
    if (offset === 'beginning') from = await at(-2n);
    if (offset === 'end') from = Number(ends[partition]) - back;
    const offsets = ends.map((end, one) => ({ topic, partition: one, offset: one === partition ? BigInt(from) : end }));
    const options = { autocommit: false, isolationLevel: isolation === 'read_committed' ? 1 : 0 };
    const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets, ...options });
    return await read(stream, count, times, patienceMs);
  } finally {
    await consumer.close(true);
  }
}

async function read(stream, count, times, patienceMs = defaultPatienceMs) {
  const got = [];
  let failed;
  stream.on('error', (error) => {
    failed = error;
  });
  stream.on('data', (message) => {
    const headers = [...message.headers].map(([name, value]) => [String(name), String(value)]);
    if (got.length < count) got.push(told({ ...message, headers }, times));
  });
  await until(() => got.length >= count || failed !== undefined, patienceMs);
  if (failed !== undefined) throw failed;
  return got;
}

async function groupConsume({ topic, group, protocol }) {
  const consumer =
    protocol === undefined
      ? consumerOf(group)
      : new Consumer({ ...common, groupId: group, groupProtocol: protocol, maxWaitTime: 100 });
  try {
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: true,
    });
    // which partition is first is chance, so all that is there is read
    return inOrder(await read(stream, Number.POSITIVE_INFINITY, undefined, readMs));
  } finally {
    await consumer.close(true); // commits
  }
}

async function member(topic, group) {
  const consumer = consumerOf(group);
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
  });
  stream.on('error', () => {}).on('data', () => {});
  return { consumer, partitions: () => (consumer.assignments ?? []).flatMap(({ partitions }) => partitions).length };
}

async function share({ topic, group, cooperative }) {
  if (cooperative) return { notOffered: 'no incremental rebalance' };
  const first = await member(topic, group);
  await until(() => first.partitions() === 4);
  const second = await member(topic, group);
  await until(() => first.partitions() === 2 && second.partitions() === 2);
  const shared = [first.partitions(), second.partitions()];
  await first.consumer.close(true);
  await until(() => second.partitions() === 4);
  const alone = second.partitions();
  await second.consumer.close(true);
  return [shared, alone];
}
