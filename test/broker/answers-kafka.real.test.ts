/** The same requests to a real Kafka and to ours: what is answered must be the same, but for what is listed with its reason. */
import { expect, test } from 'vitest';
import {
  describeAcls,
  describeConfigs,
  incrementalAlterConfigs,
  listTransactions,
} from '../../src/broker/wire/apis/admin.ts';
import { listOffsets, offsetForLeaderEpoch, produce } from '../../src/broker/wire/apis/records.ts';
import { createTopics, deleteTopics, describeCluster, metadata } from '../../src/broker/wire/apis/topics.ts';
import { missingKafka, startKafka } from '../support/kafka.ts';
import { batch } from './support/batches.ts';
import { cases } from './support/damaged.ts';
import { Line } from './support/line.ts';
import { TestCluster } from './support/nodes.ts';

const timeMs = Date.now();

async function answers(bootstrap: string): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  const create = async (
    line: Line,
    name: string,
    partitionCount: number,
    configs: [string, string][] = [],
    factor = 1,
  ) => {
    const listed = configs.map(([one, value]) => ({ name: one, value }));
    const topic = { name, partitionCount, replicationFactor: factor, assignments: [], configs: listed };
    const answer = await line.ask(createTopics, 7, { topics: [topic], timeoutMs: 10_000 });
    return String(answer.topics[0]?.errorCode);
  };
  using line = new Line(bootstrap);
  said['create t'] = await create(line, 't', 1);
  said['create t again'] = await create(line, 't', 1);
  said['create with 0 partitions'] = await create(line, 'zero', 0);
  said['create with unknown config'] = await create(line, 'c', 1, [['retention.mss', '1']]);
  said['create with a bad value'] = await create(line, 'c', 1, [['retention.ms', 'soon']]);
  said['create with factor 2 of 1'] = await create(line, 'c', 1, [], 2);
  said['create a bad name'] = await create(line, 'c/d', 1);
  said['delete none'] = String(
    (await line.ask(deleteTopics, 5, { names: ['none'], timeoutMs: 5000 })).topics[0]?.errorCode,
  );
  await new Promise((resolve) => setTimeout(resolve, 500));

  const send = async (records: Buffer, version = 9) => {
    using own = new Line(bootstrap);
    const topics = [{ name: 't', partitions: [{ index: 0, records }] }];
    const answer = await own.ask(produce, version, { acks: -1, timeoutMs: 5000, topics });
    return String(answer.topics[0]?.partitions[0]?.errorCode);
  };
  said['produce four'] = await send(
    batch({ count: 4, timestampMs: timeMs, timestampDeltas: [2, 4, 6, 8], gzip: true }),
  );
  const list = async (timestampMs: number, version = 7, currentLeaderEpoch = -1) => {
    const topics = [{ name: 't', partitions: [{ index: 0, currentLeaderEpoch, timestampMs }] }];
    const found = (await line.ask(listOffsets, version, { replicaId: -1, topics })).topics[0]?.partitions[0];
    return `${found?.errorCode} ${found?.offset} ${found === undefined || found.timestampMs < 0 ? '-' : found.timestampMs - timeMs}`;
  };
  for (const after of [1, 3, 5, 7, 8]) said[`list +${after}`] = await list(timeMs + after);
  for (const special of [-1, -2, -3, -4, -9]) said[`list ${special}`] = await list(special);
  said['list -3 in version 6'] = await list(-3, 6);
  said['list at epoch 99'] = await list(-1, 7, 99);

  for (const [what, records] of cases) said[`produce ${what}`] = await send(Buffer.from(records));

  const epoch = async (leaderEpoch: number, currentLeaderEpoch = -1) => {
    const topics = [{ name: 't', partitions: [{ index: 0, currentLeaderEpoch, leaderEpoch }] }];
    const found = (await line.ask(offsetForLeaderEpoch, 4, { replicaId: -2, topics })).topics[0]?.partitions[0];
    return `${found?.errorCode} ${(found?.leaderEpoch ?? -1) < 0 ? 'unknown' : 'known'} ${found?.endOffset}`;
  };
  said['end of epoch 99'] = await epoch(99);
  said['end of epoch 0 at 99'] = await epoch(0, 99);

  const describe = async (type: number, name: string) => {
    const answer = await line.ask(describeConfigs, 4, { resources: [{ type, name, keys: ['min.insync.replicas'] }] });
    return `${answer.results[0]?.errorCode} ${answer.results[0]?.configs.map((one) => `${one.name}=${one.value}`)}`;
  };
  said['configs of t'] = await describe(2, 't');
  said['configs of none'] = await describe(2, 'none');
  const alter = async (name: string, value: string) => {
    const resources = [{ type: 2, name: 't', configs: [{ name, operation: 0, value }] }];
    return String((await line.ask(incrementalAlterConfigs, 1, { resources })).responses[0]?.errorCode);
  };
  said['alter retention.ms'] = await alter('retention.ms', '100000');
  said['alter what is unknown'] = await alter('retention.mss', '1');
  said['metadata of none'] = String(
    (await line.ask(metadata, 12, { topics: [{ name: 'none', topicId: '0'.repeat(32) }] })).topics[0]?.errorCode,
  );
  said['metadata of an unknown id'] = String(
    (await line.ask(metadata, 12, { topics: [{ name: null, topicId: 'ab'.repeat(16) }] })).topics[0]?.errorCode,
  );
  said.acls = String(
    (await line.ask(describeAcls, 3, { resourceType: 1, patternType: 1, operation: 1, permissionType: 1 })).errorCode,
  );
  said.transactions = String((await line.ask(listTransactions, 1, { durationFilterMs: -1 })).errorCode);
  said.controllers = String((await line.ask(describeCluster, 1, { endpointType: 2 })).errorCode);
  return said;
}

/** Where ours answers otherwise than Kafka, on purpose. */
const differences: Readonly<Record<string, readonly [theirs: string, ours: string]>> = {
  // Kafka stores these: a consumer would be shown offsets of other records, or values that some clients cannot read.
  'produce an offset delta that is not due': ['0', '87'],
  'produce a value of negative length': ['0', '87'],
  'produce a base time before -1': ['0', '32'],
  // Kafka's decompressors and decoders throw, which it tells as an unknown error; we know what is wrong.
  'produce gzip that is none': ['-1', '2'],
  'produce gzip cut short': ['-1', '2'],
  'produce snappy that is none': ['-1', '2'],
  'produce lz4 that is none': ['-1', '2'],
  'produce zstd that is none': ['-1', '2'],
  'produce codec 5': ['-1', '76'],
  'produce a length that no varint has': ['-1', '87'],
  // Ours decompresses no more than 64 MiB of a batch.
  'produce a gzip bomb': ['87', '10'],
};

const missing = missingKafka();

test.skipIf(missing !== undefined)(
  `a real Kafka and ours answer alike${missing === undefined ? '' : `: skipped, ${missing}`}`,
  async () => {
    await using kafka = await startKafka();
    await using ours = await TestCluster.start(1);
    const [theirs, own] = [await answers(kafka.bootstrap), await answers(ours.master(1).address)];
    for (const [what, expected] of Object.entries(differences)) {
      expect([theirs[what], own[what]], what).toEqual(expected);
      delete theirs[what];
      delete own[what];
    }
    expect(own).toEqual(theirs);
  },
  180_000,
);
