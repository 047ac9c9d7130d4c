/** kafkajs. It reads only in groups: a partition is read by seeking in a group of its own. */
import kafkajs from 'kafkajs';
import {
  bootstrap,
  contentOf,
  patienceMs as defaultPatienceMs,
  inOrder,
  Refused,
  serve,
  sleep,
  told,
  until,
} from './serve.mjs';

const {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  CompressionTypes,
  Kafka,
  logLevel,
  Partitioners,
  ResourcePatternTypes,
} = kafkajs;

const kafka = new Kafka({
  clientId: 'kafkajs',
  brokers: bootstrap.split(','),
  logLevel: logLevel.NOTHING,
  requestTimeout: 10_000,
  retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1000 },
});
const admin = kafka.admin();
await admin.connect();

const codecs = { gzip: CompressionTypes.GZIP };
let readers = 0;
let staying;

await serve(
  {
    createTopic: async ({ topic, partitions, replicationFactor = -1, configs = {}, validateOnly = false }) => {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      const topics = [{ topic, numPartitions: partitions, replicationFactor, configEntries }];
      // it returns false for this error and throws for all others
      if (!(await admin.createTopics({ topics, validateOnly, waitForLeaders: !validateOnly })))
        throw new Refused('TOPIC_ALREADY_EXISTS');
    },
    createPartitions: async ({ topic, total }) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count: total }] });
    },
    describeTopic: async ({ topic }) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0].partitions.map(({ partitionId }) => partitionId).sort();
    },
    listTopics: () => admin.listTopics(),
    deleteTopic: ({ topic }) => admin.deleteTopics({ topics: [topic] }),
    describeCluster: async () => {
      const { brokers, controller } = await admin.describeCluster();
      return { controller: brokers.some(({ nodeId }) => nodeId === controller) };
    },
    describeConfigs: ({ topic, names }) => describeConfigs(2, topic, names),
    describeBrokerConfigs: async ({ names }) => {
      const { brokers } = await admin.describeCluster();
      return describeConfigs(4, String(brokers[0].nodeId), names);
    },
    alterConfigs: async ({ topic, configs }) => {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] });
    },
    produce,
    consume,
    offsets: async ({ topic, at }) => {
      if (at === 'max-timestamp') return { notOffered: 'no such call' };
      const found =
        typeof at === 'number'
          ? await admin.fetchTopicOffsetsByTimestamp(topic, at)
          : await admin.fetchTopicOffsets(topic);
      const each = found.sort((a, b) => a.partition - b.partition);
      return each.map(({ offset, low, high }) => Number(at === 'beginning' ? low : at === 'end' ? high : offset));
    },
    groupConsume,
    committed: async ({ topic, group }) => {
      const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const known = partitions
        .filter(({ offset }) => offset !== '-1')
        .map(({ partition, offset }) => [partition, Number(offset)]);
      return Object.fromEntries(known);
    },
    share,
    join: async ({ topic, group }) => {
      staying = member(group);
      await staying.start(topic);
      await until(() => staying.partitions > 0);
    },
    leave: () => staying.consumer.disconnect(),
    describeGroup: async ({ group }) => {
      const [found] = (await admin.describeGroups([group])).groups;
      return { state: found.state, members: found.members.length };
    },
    listGroups: async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId),
    deleteGroup: async ({ group }) => {
      await admin.deleteGroups([group]);
    },
    commit: async ({ topic, group, offsets }) => {
      const partitions = Object.entries(offsets).map(([partition, offset]) => ({
        partition: Number(partition),
        offset: String(offset),
      }));
      await admin.setOffsets({ groupId: group, topic, partitions });
    },
    deleteRecords: async ({ topic, partition, before }) => {
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
      const found = await admin.fetchTopicOffsets(topic);
      return Number(found.find((one) => one.partition === partition).low);
    },
    acls: async () => {
      const any = { resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY };
      return (
        await admin.describeAcls({ ...any, operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY })
      ).resources;
    },
    transaction: async ({ topic, transactionalId }) => {
      const producer = kafka.producer({
        transactionalId,
        idempotent: true,
        maxInFlightRequests: 1,
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      try {
        await producer.connect();
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: 'x', partition: 0 }] });
        await transaction.commit();
      } finally {
        await producer.disconnect();
      }
    },
  },
  nameOf,
);

/** Its retries wrap the error, a refusal of several lists them. */
function nameOf(error) {
  for (
    let cause = error;
    cause !== undefined && cause !== null;
    cause = cause.cause ?? cause.originalError ?? cause.errors?.[0] ?? cause.groups?.[0]?.error
  ) {
    if (cause.type !== undefined && cause.code !== undefined && typeof cause.code === 'number') return cause.type;
    if (cause.groups?.[0]?.errorCode !== undefined) return cause.groups[0].errorCode;
  }
  return error.name;
}

async function describeConfigs(type, name, configNames) {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type, name, configNames }],
  });
  return Object.fromEntries(resources[0].configEntries.map(({ configName, configValue }) => [configName, configValue]));
}

async function produce({ topic, partition, records, acks = -1, compression, idempotent = false }) {
  if (compression !== undefined && codecs[compression] === undefined) return { notOffered: 'no codec built in' };
  const producer = kafka.producer({ idempotent, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    const messages = records.map((record) => ({
      ...{
        key: record.key ?? null,
        value: contentOf(record),
        partition,
        headers: Object.fromEntries(record.headers ?? []),
      },
      ...(record.timestamp === undefined ? {} : { timestamp: String(record.timestamp) }),
    }));
    const told = await producer.send({ topic, acks, compression: codecs[compression], messages });
    if (acks === 0) return null;
    const each = told.map((one) => [one.partition, Number(one.baseOffset)]).sort(([a], [b]) => a - b);
    // it does not say how many went where
    return each.map(([to, offset]) => [to, offset, partition === undefined ? null : records.length]);
  } finally {
    await producer.disconnect();
  }
}

function flat(headers) {
  return Object.entries(headers ?? {}).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
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
  if (typeof offset === 'object') {
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, offset.timestamp);
    return consume({ topic, partition, offset: Number(found[partition].offset), count, times });
  }
  if (offset === 'end' || offset === 'beginning') {
    const found = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
    return consume({
      topic,
      partition,
      offset: offset === 'end' ? Number(found.high) - back : Number(found.low),
      count,
      isolation,
      times,
    });
  }
  const consumer = kafka.consumer({
    groupId: `${topic}-reader-${process.pid}-${readers++}`,
    maxWaitTimeInMs: 200,
    readUncommitted: isolation !== 'read_committed',
  });
  const got = [];
  await consumer.connect();
  await consumer.subscribe({ topic });
  try {
    await consumer.run({
      eachMessage: async ({ partition: from, message }) => {
        if (from === partition && got.length < count)
          got.push(told({ ...message, partition, headers: flat(message.headers) }, times));
      },
    });
    consumer.seek({ topic, partition, offset: String(offset) });
    // it goes on where its default says, and tells nobody
    await until(() => got.length >= count, patienceMs);
    return got.length > 0 ? got : { notOffered: 'resets by itself' };
  } finally {
    await consumer.disconnect();
  }
}

async function groupConsume({ topic, group, count, protocol }) {
  if (protocol !== undefined) return { notOffered: 'no such protocol' };
  const consumer = kafka.consumer({
    groupId: group,
    maxWaitTimeInMs: 200,
    sessionTimeout: 10_000,
    heartbeatInterval: 500,
  });
  const got = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      got.push(told({ ...message, partition, headers: flat(message.headers) }));
    },
  });
  await until(() => got.length >= count);
  await sleep(100);
  await consumer.disconnect(); // commits
  return inOrder(got);
}

function member(group) {
  const consumer = kafka.consumer({
    groupId: group,
    maxWaitTimeInMs: 200,
    sessionTimeout: 10_000,
    heartbeatInterval: 200,
  });
  const one = { consumer, partitions: 0 };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    one.partitions = Object.values(payload.memberAssignment).flat().length;
  });
  one.start = async (topic) => {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
  };
  return one;
}

async function share({ topic, group, cooperative }) {
  if (cooperative) return { notOffered: 'no incremental rebalance' };
  const [first, second] = [member(group), member(group)];
  await first.start(topic);
  await until(() => first.partitions === 4);
  await second.start(topic);
  await until(() => first.partitions === 2 && second.partitions === 2);
  const shared = [first.partitions, second.partitions];
  await first.consumer.disconnect();
  await until(() => second.partitions === 4);
  const alone = second.partitions;
  await second.consumer.disconnect();
  return [shared, alone];
}
