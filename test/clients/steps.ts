/**
 * The script that every client runs: one list, whatever the language. A step is a request to a client program, one JSON line on
 * its stdin; what it answers, one JSON line on stdout, is `{"is": answer}`, `{"error": "KAFKA_ERROR_NAME"}` or
 * `{"notOffered": "why"}` where the client's API has no such thing. What each `op` takes and answers is in README.md.
 *
 * `topic`, `to`, `group` and `transactionalId` are given a prefix for each client before they are sent, so that clients can share
 * a broker.
 */
export interface Step {
  /** What a reader sees; unique. */
  readonly name: string;
  readonly op: string;
  /** The step without which this one means nothing: where that is not offered, this is not asked. */
  readonly after?: string;
  readonly [argument: string]: unknown;
}

/** Times of records: in the past, so that no broker takes them for the future. */
const timeMs = 1_750_000_000_000;

const valued = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => ({ value: `${prefix}${n}` }));

/** For the runner: Kafka's brokers learn of topics, and of their end, some time after the client was told. */
const settle: Step = { name: 'settle', op: 'settle' };

const topics: Step[] = [
  // records of other times are in it, which Kafka would delete
  { name: 'create a topic', op: 'createTopic', topic: 'a', partitions: 3, configs: { 'retention.ms': '-1' } },
  { name: 'create it again', op: 'createTopic', topic: 'a', partitions: 3 },
  { name: 'create with a config', op: 'createTopic', topic: 'c', partitions: 1, configs: { 'retention.ms': '-1' } },
  { name: 'create with 0 partitions', op: 'createTopic', topic: 'zero', partitions: 0 },
  { name: 'create a bad name', op: 'createTopic', topic: 'a/b', partitions: 1 },
  { name: 'create with factor 9', op: 'createTopic', topic: 'f', partitions: 1, replicationFactor: 9 },
  {
    name: 'create with an unknown config',
    op: 'createTopic',
    topic: 'u',
    partitions: 1,
    configs: { 'retention.mss': '1' },
  },
  {
    name: 'create with a bad value',
    op: 'createTopic',
    topic: 'u',
    partitions: 1,
    configs: { 'retention.ms': 'soon' },
  },
  { name: 'validate only', op: 'createTopic', topic: 'v', partitions: 1, validateOnly: true },
  { name: 'create a topic for codecs', op: 'createTopic', topic: 'z', partitions: 1 },
  { name: 'create a topic for acks', op: 'createTopic', topic: 'k', partitions: 4 },
  { name: 'create a topic for times', op: 'createTopic', topic: 't', partitions: 1, configs: { 'retention.ms': '-1' } },
  settle,
  { name: 'list topics', op: 'listTopics' },
  { name: 'describe a topic', op: 'describeTopic', topic: 'a' },
  { name: 'describe what was only validated', op: 'describeTopic', topic: 'v' },
  { name: 'add partitions', op: 'createPartitions', topic: 'c', total: 2 },
  { name: 'add partitions, too few', op: 'createPartitions', topic: 'c', total: 1 },
  { name: 'add partitions to no topic', op: 'createPartitions', topic: 'none', total: 2 },
  { name: 'describe the longer topic', after: 'add partitions', op: 'describeTopic', topic: 'c' },
  { name: 'describe the cluster', op: 'describeCluster' },
];

const configs: Step[] = [
  {
    name: 'describe configs',
    op: 'describeConfigs',
    topic: 'c',
    names: ['retention.ms', 'cleanup.policy', 'compression.type'],
  },
  { name: 'alter a config', op: 'alterConfigs', topic: 'c', configs: { 'retention.ms': '86400000' } },
  {
    name: 'describe the altered config',
    after: 'alter a config',
    op: 'describeConfigs',
    topic: 'c',
    names: ['retention.ms'],
  },
  { name: 'alter an unknown config', op: 'alterConfigs', topic: 'c', configs: { 'retention.mss': '1' } },
  { name: 'alter to a bad value', op: 'alterConfigs', topic: 'c', configs: { 'retention.ms': 'soon' } },
  { name: 'alter configs of no topic', op: 'alterConfigs', topic: 'none', configs: { 'retention.ms': '1' } },
  { name: 'describe configs of no topic', op: 'describeConfigs', topic: 'none', names: ['retention.ms'] },
  {
    name: 'describe configs of a broker',
    op: 'describeBrokerConfigs',
    names: ['auto.create.topics.enable', 'message.max.bytes'],
  },
];

const times = [2000, 4000, 6000, 8000].map((after, n) => ({ value: `t${n}`, timestamp: timeMs + after }));

const records: Step[] = [
  { name: 'produce one', op: 'produce', topic: 'a', partition: 0, records: [{ value: 'one' }] },
  {
    name: 'produce with key and headers',
    op: 'produce',
    topic: 'a',
    partition: 1,
    records: [
      {
        key: 'k',
        value: 'v',
        headers: [
          ['h', '1'],
          ['h2', ''],
        ],
      },
    ],
  },
  { name: 'produce an empty value', op: 'produce', topic: 'a', partition: 2, records: [{ key: 'e', value: '' }] },
  { name: 'produce a tombstone', op: 'produce', topic: 'a', partition: 2, records: [{ key: 'e', value: null }] },
  { name: 'produce a batch', op: 'produce', topic: 'a', partition: 0, records: valued(50, 'b') },
  { name: 'consume from the beginning', op: 'consume', topic: 'a', partition: 0, offset: 'beginning', count: 51 },
  {
    name: 'consume key and headers',
    op: 'consume',
    topic: 'a',
    partition: 1,
    offset: 'beginning',
    count: 1,
  },
  { name: 'consume empty and tombstone', op: 'consume', topic: 'a', partition: 2, offset: 'beginning', count: 2 },
  { name: 'consume from an offset', op: 'consume', topic: 'a', partition: 0, offset: 40, count: 5 },
  {
    name: 'consume committed records only',
    op: 'consume',
    topic: 'a',
    partition: 0,
    offset: 49,
    count: 2,
    isolation: 'read_committed',
  },
  ...['gzip', 'snappy', 'lz4', 'zstd'].flatMap((compression, n) => [
    {
      name: `produce ${compression}`,
      op: 'produce',
      topic: 'z',
      partition: 0,
      compression,
      records: valued(20, compression),
    },
    {
      name: `consume ${compression}`,
      after: `produce ${compression}`,
      op: 'consume',
      topic: 'z',
      partition: 0,
      offset: 'end',
      back: 20,
      count: 20,
    },
    ...(n === 3 ? [{ name: 'ends of the topic of codecs', op: 'offsets', topic: 'z', at: 'end' }] : []),
  ]),
  { name: 'produce with acks 0', op: 'produce', topic: 'k', partition: 0, acks: 0, records: valued(3, 'zero') },
  {
    name: 'consume what acks 0 wrote',
    after: 'produce with acks 0',
    op: 'consume',
    topic: 'k',
    partition: 0,
    offset: 'beginning',
    count: 3,
  },
  { name: 'produce with acks 1', op: 'produce', topic: 'k', partition: 1, acks: 1, records: valued(3, 'one') },
  { name: 'produce idempotently', op: 'produce', topic: 'k', partition: 2, idempotent: true, records: valued(30, 'i') },
  {
    name: 'produce by key',
    op: 'produce',
    topic: 'k',
    records: Array.from({ length: 12 }, (_, n) => ({ key: `key${n}`, value: 'x' })),
  },
  { name: 'ends of partitions', op: 'offsets', topic: 'k', at: 'end' },
  { name: 'produce 900 kB', op: 'produce', topic: 'z', partition: 0, records: [{ size: 900_000 }] },
  { name: 'consume 900 kB', op: 'consume', topic: 'z', partition: 0, offset: 'end', back: 1, count: 1 },
  { name: 'produce 2 MB', op: 'produce', topic: 'z', partition: 0, records: [{ size: 2_000_000 }] },
  { name: 'produce to no topic', op: 'produce', topic: 'none', partition: 0, records: [{ value: 'x' }] },
  { name: 'produce to no partition', op: 'produce', topic: 'a', partition: 9, records: [{ value: 'x' }] },
  {
    name: 'consume from no topic',
    op: 'consume',
    topic: 'none',
    partition: 0,
    offset: 'beginning',
    count: 1,
    patienceMs: 2000,
  },
  { name: 'consume beyond the end', op: 'consume', topic: 'a', partition: 0, offset: 1000, count: 1, patienceMs: 2000 },
];

const offsets: Step[] = [
  { name: 'produce with times', op: 'produce', topic: 't', partition: 0, records: times },
  { name: 'first offsets', op: 'offsets', topic: 't', at: 'beginning' },
  { name: 'end offsets', op: 'offsets', topic: 't', at: 'end' },
  ...[1000, 4000, 5000, 8001].map((after) => ({
    name: `offset at +${after} ms`,
    op: 'offsets',
    topic: 't',
    at: timeMs + after,
  })),
  { name: 'offset of the newest time', op: 'offsets', topic: 't', at: 'max-timestamp' },
  { name: 'offsets of no topic', op: 'offsets', topic: 'none', at: 'end' },
  {
    name: 'consume from a time',
    after: 'produce with times',
    op: 'consume',
    topic: 't',
    partition: 0,
    offset: { timestamp: timeMs + 5000 },
    count: 2,
    times: true,
  },
];

const groups: Step[] = [
  { name: 'consume in a group', op: 'groupConsume', topic: 'a', group: 'g', count: 54 },
  { name: 'committed offsets', op: 'committed', topic: 'a', group: 'g' },
  { name: 'describe an empty group', op: 'describeGroup', group: 'g' },
  { name: 'produce more', op: 'produce', topic: 'a', partition: 1, records: valued(5, 'more') },
  { name: 'consume the rest in the group', op: 'groupConsume', topic: 'a', group: 'g', count: 5 },
  { name: 'two members share', op: 'share', topic: 'k', group: 's', members: 2 },
  { name: 'two members share incrementally', op: 'share', topic: 'k', group: 'si', members: 2, cooperative: true },
  { name: 'join and stay', op: 'join', topic: 'k', group: 'h' },
  { name: 'describe a group with a member', after: 'join and stay', op: 'describeGroup', group: 'h' },
  { name: 'delete a group with a member', after: 'join and stay', op: 'deleteGroup', group: 'h' },
  {
    name: 'commit from outside for a member',
    after: 'join and stay',
    op: 'commit',
    topic: 'k',
    group: 'h',
    offsets: { 0: 1 },
  },
  { name: 'leave', after: 'join and stay', op: 'leave' },
  { name: 'describe the group that was left', after: 'join and stay', op: 'describeGroup', group: 'h' },
  { name: 'commit from outside', op: 'commit', topic: 'a', group: 'g', offsets: { 0: 50, 1: 0 } },
  { name: 'committed from outside', after: 'commit from outside', op: 'committed', topic: 'a', group: 'g' },
  {
    name: 'consume again from there',
    after: 'commit from outside',
    op: 'groupConsume',
    topic: 'a',
    group: 'g',
    count: 7,
  },
  { name: 'committed of no group', op: 'committed', topic: 'a', group: 'nobody' },
  { name: 'delete committed offsets', op: 'deleteOffsets', topic: 'a', group: 'g' },
  { name: 'committed offsets after that', after: 'delete committed offsets', op: 'committed', topic: 'a', group: 'g' },
  { name: 'list groups', op: 'listGroups' },
  { name: 'delete groups', op: 'deleteGroup', group: 'g' },
  { name: 'delete no group', op: 'deleteGroup', group: 'nobody' },
  { name: 'describe no group', op: 'describeGroup', group: 'nobody' },
  {
    name: 'consume with the consumer protocol',
    op: 'groupConsume',
    topic: 'a',
    group: 'n',
    count: 59,
    protocol: 'consumer',
  },
];

const ends: Step[] = [
  { name: 'delete records', op: 'deleteRecords', topic: 'a', partition: 0, before: 45 },
  { name: 'first offsets after that', after: 'delete records', op: 'offsets', topic: 'a', at: 'beginning' },
  {
    name: 'consume what is left',
    after: 'delete records',
    op: 'consume',
    topic: 'a',
    partition: 0,
    offset: 'beginning',
    count: 6,
  },
  {
    name: 'consume what was deleted',
    after: 'delete records',
    op: 'consume',
    topic: 'a',
    partition: 0,
    offset: 3,
    count: 1,
    patienceMs: 2000,
  },
  { name: 'delete records beyond the end', op: 'deleteRecords', topic: 'a', partition: 0, before: 1000 },
  { name: 'delete all records', op: 'deleteRecords', topic: 'a', partition: 2, before: -1 },
  { name: 'ends after that', after: 'delete records', op: 'offsets', topic: 'a', at: 'beginning' },
  { name: 'log folders', op: 'logDirs', topic: 'a' },
  { name: 'access rules', op: 'acls' },
  { name: 'list transactions', op: 'listTransactions' },
  { name: 'begin a transaction', op: 'transaction', topic: 'a', transactionalId: 'x' },
  { name: 'a master is killed', op: 'kill' },
  { name: 'produce after that', op: 'produce', topic: 'a', partition: 1, acks: -1, records: valued(3, 'after') },
  { name: 'consume everything after that', op: 'groupConsume', topic: 'k', group: 'after', count: 48 },
  { name: 'delete a topic', op: 'deleteTopic', topic: 'c' },
  { name: 'delete it again', after: 'delete a topic', op: 'deleteTopic', topic: 'c' },
  settle,
  { name: 'list topics at the end', op: 'listTopics' },
];

const streams: Step[] = [
  { name: 'create the topic of lines', op: 'createTopic', topic: 'lines', partitions: 2 },
  { name: 'create the topic of counts', op: 'createTopic', topic: 'counts', partitions: 1 },
  { name: 'create the topic of counts exactly once', op: 'createTopic', topic: 'counts-once', partitions: 1 },
  settle,
  {
    name: 'produce lines',
    op: 'produce',
    topic: 'lines',
    partition: 0,
    records: [{ value: 'a b a' }, { value: 'c a' }],
  },
  { name: 'count words', op: 'countWords', topic: 'lines', to: 'counts', group: 'count', count: 5 },
  settle,
  { name: 'list its topics', op: 'listTopics' },
  { name: 'list its group', op: 'listGroups' },
  {
    name: 'count words exactly once',
    op: 'countWords',
    topic: 'lines',
    to: 'counts-once',
    group: 'once',
    count: 5,
    guarantee: 'exactly_once_v2',
  },
];

const connect: Step[] = [
  { name: 'create the topic between', op: 'createTopic', topic: 'between', partitions: 1 },
  settle,
  { name: 'copy a file', op: 'copyFile', topic: 'between', lines: ['one', 'two', 'three'] },
  { name: 'consume what was copied', op: 'consume', topic: 'between', partition: 0, offset: 'beginning', count: 3 },
];

/** What is run by whom: `clients` by every client, the others by applications. */
export const scripts = {
  clients: [...topics, ...configs, ...records, ...offsets, ...groups, ...ends],
  streams,
  connect,
} as const;

export type ScriptName = keyof typeof scripts;

/** The steps that a client answers: the others are the runner's own. */
export function questions(script: ScriptName): Step[] {
  return scripts[script].filter(({ op }) => op !== 'kill' && op !== 'settle');
}
