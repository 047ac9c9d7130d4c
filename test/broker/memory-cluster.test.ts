import { expect, test } from 'vitest';
import { startNameServer } from '../../src/broker/name-server/name-server.ts';
import { startNode } from '../../src/broker/node/node.ts';
import { connectPeer } from '../../src/broker/rpc/peer.ts';
import { noTopicId } from '../../src/broker/store/log/entry.ts';
import { initProducerId, produce } from '../../src/broker/wire/apis/records.ts';
import { createTopics, metadata } from '../../src/broker/wire/apis/topics.ts';
import { batch, payloadOf } from './support/batches.ts';
import { fetchByName } from './support/fetch.ts';
import { MemoryDisk, memoryNetwork, memoryWorld } from './support/memory-world.ts';

const settings = {
  id: 1,
  set: 1,
  host: 'memory',
  port: 0,
  secret: '',
  nameServerWaitMs: 5000,
  heartbeatIntervalMs: 50,
  maxBatchBytes: 100_000,
  autoCreate: 0,
  maxRequestBytes: 1_000_000,
  connectionBytes: 100_000_000,
  segmentBytes: 1_000_000,
  cacheBytes: 1_000_000,
  checkpointBytes: 1000,
  flush: 'sync',
  flushIntervalMs: 100,
  thoroughFlushIntervalMs: 1000,
  replication: 'async',
  inSyncReplicas: 1,
  replicaTimeoutMs: 1000,
  replicaLagMs: 300,
  groupInitialDelayMs: 10,
} as const;

test('a name server and a master run in a world without files and sockets, and start again from its disk', async () => {
  const network = memoryNetwork();
  const world = memoryWorld(network);
  await using nameServer = await startNameServer(world, {
    host: 'memory',
    port: 0,
    masterTimeoutMs: 1000,
    failover: 'none',
    secret: '',
  });
  const disk = new MemoryDisk();
  const start = () =>
    startNode(memoryWorld(network, disk), { ...settings, nameServer: { host: 'memory', port: nameServer.port } });

  const ids: number[] = [];
  for (const life of [1, 2]) {
    await using master = await start();
    expect(master.registration).toEqual({ registered: true });
    expect(master.recovery.cleanStop).toBe(life === 2);
    await using client = await connectPeer(world, 'memory', master.port, 1000);
    const topic = { name: 't', partitionCount: 2, replicationFactor: 1, assignments: [], configs: [] };
    const created = await client.call(createTopics, { topics: [topic], timeoutMs: 1000, validateOnly: false }, 5000);
    expect(created.topics[0]?.errorCode).toBe(life === 1 ? 0 : 36);
    const known = await client.call(
      metadata,
      { ...metadata.request.zero, topics: [{ name: 't', topicId: '0'.repeat(32) }] },
      5000,
    );
    expect(known.topics[0]?.partitions.map(({ leaderId }) => leaderId)).toEqual([1, 1]);
    ids.push((await client.call(initProducerId, initProducerId.request.zero, 5000)).producerId);
    const partition = { index: 0, records: batch({ payload: `life ${life}` }) };
    const request = {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1000,
      topics: [{ name: 't', partitions: [partition] }],
    };
    const produced = await client.call(produce, request, 5000);
    expect(produced.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, baseOffset: life - 1 });
    const wanted = { ...fetchByName.request.zero, maxWaitMs: 1000, minBytes: 1, maxBytes: 100_000 };
    const place = {
      index: 0,
      currentLeaderEpoch: -1,
      fetchOffset: life - 1,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      maxBytes: 9999,
    };
    const got = await client.call(
      fetchByName,
      { ...wanted, topics: [{ name: 't', topicId: noTopicId, partitions: [place] }] },
      5000,
    );
    expect(got.topics[0]?.partitions[0]?.records.map(payloadOf)).toEqual([`life ${life}`]);
  }
  expect(new Set(ids).size).toBe(2);
});
