import { expect, test } from 'vitest';
import { Group } from '../../src/broker/groups/group.ts';
import type { JoinAnswer } from '../../src/broker/groups/member.ts';
import { MemberTally } from '../../src/broker/groups/members.ts';
import { alterConfigs, describeConfigs } from '../../src/broker/wire/apis/admin.ts';
import { joinGroup } from '../../src/broker/wire/apis/groups.ts';
import { offsetCommit, offsetFetch } from '../../src/broker/wire/apis/offsets.ts';
import { createTopics } from '../../src/broker/wire/apis/topics.ts';
import { MemoryCluster } from './support/memory-cluster.ts';
import { ManualClock, memoryWorld } from './support/memory-world.ts';

/*
 * Requests that are well-formed, and ask for more than anyone needs.
 */

const metadataOf = (index: number, length: number) => ({
  index,
  offset: 1,
  leaderEpoch: -1,
  metadata: 'm'.repeat(length),
});

test('a commit that is too large for one entry of the log is refused as a whole, and the slave follows', async () => {
  await using cluster = await MemoryCluster.start([1, 17], { maxRequestBytes: 10_000_000 }, 'in-sync');
  const commit = async (count: number, length: number) => {
    const topics = [{ name: 't', partitions: Array.from({ length: count }, () => metadataOf(0, length)) }];
    const request = { ...offsetCommit.request.zero, groupId: 'g', generationId: -1, topics };
    const [topic] = (await cluster.call(1, offsetCommit, request)).topics;
    return [...new Set(topic?.partitions.map(({ errorCode }) => errorCode))];
  };
  expect(await commit(300, 4096)).toEqual([28]);
  expect(await cluster.committed(1, 'g')).toBe(-1);
  expect(await commit(200, 4096)).toEqual([0]);
  await cluster.until(async () => (await cluster.partition(1)).inSync.length === 2);
});

test('what is asked twice is answered once', async () => {
  await using cluster = await MemoryCluster.start([1]);
  await cluster.commit(1, 'g', 7);
  const topics = [{ name: 't', partitions: Array<number>(5000).fill(0) }];
  const offsets = await cluster.call(1, offsetFetch, {
    ...offsetFetch.request.zero,
    groups: [{ groupId: 'g', topics }],
  });
  expect(offsets.groups[0]?.topics[0]?.partitions).toHaveLength(1);
  const resources = Array.from({ length: 5000 }, () => ({ type: 2, name: 't', keys: null }));
  const configs = await cluster.call(1, describeConfigs, { ...describeConfigs.request.zero, resources });
  expect(configs.results).toHaveLength(1);
});

test('configs that are called as what every object has are not known', async () => {
  await using cluster = await MemoryCluster.start([1]);
  for (const name of ['constructor', '__proto__', 'toString']) {
    const resources = [{ type: 2, name: 't', configs: [{ name, value: '1' }] }];
    const answer = await cluster.call(1, alterConfigs, { resources, validateOnly: false });
    expect(answer.responses[0]?.errorCode, name).toBe(40);
  }
});

test('topics whose configs say too much are refused before all nodes would have to be told', async () => {
  await using cluster = await MemoryCluster.start([1], { maxRequestBytes: 20_000_000, replication: 'async' });
  const value = '\u0001'.repeat(32_000);
  const configs = [{ name: 'leader.replication.throttled.replicas', value }];
  const create = async (round: number) => {
    const topics = Array.from({ length: 60 }, (_, at) => {
      return { name: `t${round}-${at}`, partitionCount: 1, replicationFactor: -1, assignments: [], configs };
    });
    const answer = await cluster.call(1, createTopics, { topics, timeoutMs: 30_000, validateOnly: false });
    return [...new Set(answer.topics.map(({ errorCode }) => errorCode))];
  };
  expect([await create(1), await create(2), await create(3)]).toEqual([[0], [0], [44]]);
  expect(await cluster.produce(1, 'goes on')).toBe(0);
});

test('members stay for their sessions, so a node takes so many and no more', () => {
  const tally = new MemberTally();
  const group = new Group('g', memoryWorld(undefined, undefined, new ManualClock()), 0, undefined, tally);
  const join = (metadataBytes: number) => {
    const protocols = [{ name: 'range', metadata: Buffer.alloc(metadataBytes) }];
    const request = { ...joinGroup.request.zero, protocolType: 'consumer', sessionTimeoutMs: 6000, protocols };
    return group.join({ ...request, groupInstanceId: null }, { clientId: 'c', host: 'h', version: 9 }) as JoinAnswer;
  };
  expect(join(2_000_000).errorCode).toBe(81);
  tally.count(19_999, 0);
  const { errorCode, memberId } = join(9);
  expect(errorCode).toBe(79);
  expect(join(9).errorCode).toBe(81);
  expect(group.leave({ memberId, groupInstanceId: null })).toBe(0);
  expect(join(9).errorCode).toBe(79);
  tally.count(-1, 64 * 1024 * 1024);
  expect(join(9).errorCode).toBe(81);
});
