import { expect, test } from 'vitest';
import { noTopicId } from '../../src/broker/store/log/entry.ts';
import { listOffsets, offsetForLeaderEpoch } from '../../src/broker/wire/apis/records.ts';
import { fetchByName } from './support/fetch.ts';
import { MemoryCluster } from './support/memory-cluster.ts';

interface Place {
  readonly offset: number;
  readonly current?: number;
  readonly lastFetched?: number;
}

async function fetchOne(cluster: MemoryCluster, id: number, { offset, current = -1, lastFetched = -1 }: Place) {
  const place = { index: 0, currentLeaderEpoch: current, fetchOffset: offset, lastFetchedEpoch: lastFetched };
  const partitions = [{ ...place, logStartOffset: -1, maxBytes: 1_000_000 }];
  const request = {
    ...fetchByName.request.zero,
    maxBytes: 1_000_000,
    topics: [{ name: 't', topicId: noTopicId, partitions }],
  };
  const partition = (await cluster.call(id, fetchByName, request)).topics[0]?.partitions[0];
  if (partition === undefined) throw new Error('no answer');
  const { errorCode, divergingEpoch, records } = partition;
  return { errorCode, records: records.length, ...(divergingEpoch === undefined ? {} : { divergingEpoch }) };
}

async function epochEnd(cluster: MemoryCluster, id: number, leaderEpoch: number, currentLeaderEpoch = -1) {
  const topics = [{ name: 't', partitions: [{ index: 0, currentLeaderEpoch, leaderEpoch }] }];
  const answer = await cluster.call(id, offsetForLeaderEpoch, { replicaId: -2, topics });
  return answer.topics[0]?.partitions[0];
}

async function listOne(cluster: MemoryCluster, id: number, timestampMs: number, currentLeaderEpoch = -1) {
  const topics = [{ name: 't', partitions: [{ index: 0, currentLeaderEpoch, timestampMs }] }];
  const answer = await cluster.call(id, listOffsets, { ...listOffsets.request.zero, topics });
  return answer.topics[0]?.partitions[0];
}

test('a consumer that has read what a failover cut off learns where its log parts from the new one', async () => {
  await using cluster = await MemoryCluster.start([1, 17], { replication: 'async' }, 'unclean');
  await cluster.until(async () => (await cluster.partition(1)).inSync.length === 2);
  for (let at = 0; at < 60; at++) expect(await cluster.produce(1, `both ${at}`)).toBe(0);
  await cluster.pass(1000);
  await cluster.kill(17);
  for (let at = 0; at < 40; at++) expect(await cluster.produce(1, `only the master ${at}`)).toBe(0);
  const { epoch } = await cluster.partition(1);
  expect(await fetchOne(cluster, 1, { offset: 99, current: epoch, lastFetched: epoch })).toMatchObject({ records: 1 });
  await cluster.kill(1);
  await cluster.start(17);
  await cluster.until(async () => (await cluster.partition(17)).leader === 17);
  const later = (await cluster.partition(17)).epoch;
  expect(later).toBeGreaterThan(epoch);
  await cluster.until(async () => (await cluster.latest(17)) === 60);

  const truncated = { errorCode: 0, records: 0, divergingEpoch: { epoch, endOffset: 60 } };
  const ask = { offset: 100, current: later, lastFetched: epoch };
  expect(await fetchOne(cluster, 17, ask)).toEqual(truncated);
  for (let at = 0; at < 100; at++) expect(await cluster.produce(17, `after ${at}`)).toBe(0);
  expect(await fetchOne(cluster, 17, ask)).toEqual(truncated);
  expect(await epochEnd(cluster, 17, epoch, later)).toMatchObject({ errorCode: 0, leaderEpoch: epoch, endOffset: 60 });
  expect(await epochEnd(cluster, 17, later)).toMatchObject({ leaderEpoch: later, endOffset: 160 });
  expect(await epochEnd(cluster, 17, later + 1)).toMatchObject({ leaderEpoch: -1, endOffset: -1 });
  expect(await epochEnd(cluster, 17, 0)).toMatchObject({ leaderEpoch: 0, endOffset: 0 });

  // In step with the new log, as far as the consumer has read.
  expect(await fetchOne(cluster, 17, { offset: 60, current: later, lastFetched: epoch })).toMatchObject({ records: 1 });
  expect(await fetchOne(cluster, 17, { offset: 70, current: later, lastFetched: later })).toMatchObject({ records: 1 });

  for (const [current, errorCode] of [
    [epoch, 74],
    [later + 1, 75],
    [later, 0],
    [-1, 0],
  ] as const) {
    expect((await fetchOne(cluster, 17, { offset: 0, current })).errorCode).toBe(errorCode);
    expect((await listOne(cluster, 17, -1, current))?.errorCode).toBe(errorCode);
    expect((await epochEnd(cluster, 17, later, current))?.errorCode).toBe(errorCode);
  }
  expect(await listOne(cluster, 17, -2)).toMatchObject({ offset: 0, leaderEpoch: epoch });
  expect(await listOne(cluster, 17, -1)).toMatchObject({ offset: 160, leaderEpoch: later });
});

test.each([false, true])('a time names its record, not its batch (gzip: %s)', async (gzip) => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  expect(await listOne(cluster, 1, -3)).toMatchObject({ errorCode: 0, offset: -1, timestampMs: -1 });
  const options = { count: 4, timestampMs: 2, timestampDeltas: [0, 2, 4, 6], gzip };
  expect(await cluster.produce(1, 'four', options)).toBe(0);
  for (const [asked, offset, timestampMs] of [
    [3, 1, 4],
    [5, 2, 6],
    [7, 3, 8],
    [8, 3, 8],
    [9, -1, -1],
    [-3, 3, 8],
  ] as const) {
    expect(await listOne(cluster, 1, asked)).toMatchObject({ errorCode: 0, offset, timestampMs });
  }
  expect(await listOne(cluster, 1, 3)).toMatchObject({ leaderEpoch: (await cluster.partition(1)).epoch });
  expect(await listOne(cluster, 1, -4)).toMatchObject({ errorCode: 35, offset: -1 });
  expect(await listOne(cluster, 1, -9)).toMatchObject({ errorCode: 35 });
  await cluster.produce(1, 'older', { timestampMs: 5 });
  expect(await listOne(cluster, 1, -3)).toMatchObject({ offset: 3, timestampMs: 8 });
});

test('a partition that is asked for twice is refused, the others are answered', async () => {
  await using cluster = await MemoryCluster.start([1], { replication: 'async' });
  const asked = { index: 0, currentLeaderEpoch: -1, timestampMs: -1 };
  const topics = [
    { name: 't', partitions: [asked, { ...asked, index: 1 }] },
    { name: 't', partitions: [asked] },
  ];
  const answer = await cluster.call(1, listOffsets, { ...listOffsets.request.zero, topics });
  expect(answer.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode))).toEqual([[42, 3], [42]]);
});
