/** The same conversation with a real Kafka and with ours: what the group APIs answer must be the same, row by row. */
import { expect, test } from 'vitest';
import { findCoordinator, heartbeat, joinGroup, leaveGroup, syncGroup } from '../../src/broker/wire/apis/groups.ts';
import { offsetCommit } from '../../src/broker/wire/apis/offsets.ts';
import { missingKafka, startKafka } from '../support/kafka.ts';
import { Line } from './support/line.ts';
import { TestCluster } from './support/nodes.ts';

const groupId = 'g';
const speaks = (...names: readonly string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }));
const membership = { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 3000, protocolType: 'consumer' };

/** What was answered, in words that do not depend on ids. */
async function conversation(bootstrap: string): Promise<string[]> {
  const said: string[] = [];
  const tell = (row: string, ...facts: readonly unknown[]) => said.push([row, ...facts].join(' '));
  using one = new Line(bootstrap);
  using two = new Line(bootstrap);
  using aside = new Line(bootstrap);
  await coordinatorReady(aside);

  const join = (line: Line, memberId: string, instance: string | null, more: object = {}, version = 7) =>
    line.ask(joinGroup, version, {
      ...membership,
      memberId,
      groupInstanceId: instance,
      protocols: speaks('range', 'sticky'),
      ...more,
    });
  const sync = (line: Line, memberId: string, instance: string | null, generationId: number, more: object = {}) =>
    line.ask(syncGroup, 5, {
      groupId,
      memberId,
      groupInstanceId: instance,
      generationId,
      protocolType: 'consumer',
      protocolName: 'range',
      ...more,
    });
  const beat = (memberId: string, instance: string | null, generationId: number) =>
    aside.ask(heartbeat, 4, { groupId, memberId, groupInstanceId: instance, generationId });
  const commit = async (memberId: string, instance: string | null, generationId: number) => {
    const partitions = [{ index: 0, offset: 0, leaderEpoch: -1, metadata: null }];
    const topics = [{ name: 't', partitions }];
    const who = { groupId, memberId, groupInstanceId: instance, generationId };
    return (await aside.ask(offsetCommit, 8, { ...who, topics })).topics[0]?.partitions[0]?.errorCode;
  };

  tell('commit of a generation to no group', await commit('x', null, 3));
  tell('heartbeat to no group', (await beat('x', null, 3)).errorCode);
  tell('join of an unknown id', (await join(aside, 'x', null)).errorCode);
  tell('join without protocols', (await join(aside, '', 'zero', { protocols: [] })).errorCode);
  tell('join without a type', (await join(aside, '', 'zero', { protocolType: '' })).errorCode);
  tell('commit from outside to no group', await commit('', null, -1));

  const joins = [join(one, '', 'one'), join(two, '', 'two')];
  const [first, second] = (await Promise.all(joins)) as [Awaited<(typeof joins)[0]>, Awaited<(typeof joins)[0]>];
  tell('both join', first.errorCode, second.errorCode, first.generationId, second.generationId, first.protocolName);
  tell('one leader', first.members.length + second.members.length);
  tell('commit before sync', await commit(first.memberId, 'one', 1));
  tell('heartbeat before sync', (await beat(first.memberId, 'one', 1)).errorCode);
  const leads = first.leader === first.memberId;
  const assignments = [first, second].map(({ memberId }) => ({ memberId, assignment: Buffer.from('part') }));
  const synced = await Promise.all([
    sync(one, first.memberId, 'one', 1, leads ? { assignments } : {}),
    sync(two, second.memberId, 'two', 1, leads ? {} : { assignments }),
  ]);
  tell('both sync', ...synced.map(({ errorCode, assignment }) => `${errorCode} ${assignment}`));
  tell('commit', await commit(first.memberId, 'one', 1));
  tell('commit of a former generation', await commit(first.memberId, 'one', 0));
  tell('commit from outside', await commit('', null, -1), await commit(first.memberId, 'one', -1));
  tell('sync of another protocol', (await sync(aside, first.memberId, 'one', 1, { protocolName: 'odd' })).errorCode);
  tell('sync without one', (await sync(aside, first.memberId, 'one', 1, { protocolName: null })).errorCode);
  tell('join of another type', (await join(aside, '', 'zero', { protocolType: 'connect' })).errorCode);
  tell('join with other protocols', (await join(aside, '', 'zero', { protocols: speaks('odd') })).errorCode);
  tell('heartbeat by instance alone', (await beat('', 'one', 1)).errorCode);
  tell('heartbeat of an unknown instance', (await beat(first.memberId, 'three', 1)).errorCode);

  const [leader, follower] = leads ? [first, second] : [second, first];
  const [leaderName, followerName] = leads ? ['one', 'two'] : ['two', 'one'];
  const again = await join(aside, follower.memberId, followerName);
  tell('follower joins again', again.errorCode, again.generationId, again.members.length);
  const other = [{ name: 'range', metadata: Buffer.from('other') }, ...speaks('sticky')];
  const back = await join(aside, '', followerName, { protocols: other });
  tell('follower is back with other metadata', back.errorCode, back.generationId, back.leader === leader.memberId);
  tell('its assignment', String((await sync(aside, back.memberId, followerName, 1)).assignment));
  tell('its former self beats', (await beat(follower.memberId, followerName, 1)).errorCode);
  tell('without its name', (await beat(follower.memberId, null, 1)).errorCode);
  tell('joins', (await join(aside, follower.memberId, followerName)).errorCode);
  tell('syncs', (await sync(aside, follower.memberId, followerName, 1)).errorCode);
  tell('commits', await commit(follower.memberId, followerName, 1));
  const backLeader = await join(aside, '', leaderName);
  tell('leader is back', backLeader.errorCode, backLeader.leader === leader.memberId, backLeader.members.length);
  const told = await join(aside, '', leaderName, {}, 9);
  tell('and once more', told.skipAssignment, told.leader === told.memberId, told.members.length);

  const members = [
    { memberId: '', groupInstanceId: 'nobody', reason: null },
    { memberId: follower.memberId, groupInstanceId: followerName, reason: null },
    { memberId: '', groupInstanceId: followerName, reason: null },
  ];
  const left = await aside.ask(leaveGroup, 5, { groupId, members });
  tell('leave', left.errorCode, ...left.members.map(({ errorCode }) => errorCode));
  tell('heartbeat in the rebalance', (await beat(told.memberId, leaderName, 1)).errorCode);
  tell('commit in the rebalance', await commit(told.memberId, leaderName, 1));
  tell('sync in the rebalance', (await sync(aside, told.memberId, leaderName, 1)).errorCode);
  const alone = await join(aside, told.memberId, leaderName);
  tell('alone', alone.errorCode, alone.generationId, alone.members.length, alone.leader === alone.memberId);
  const gone = await aside.ask(leaveGroup, 5, {
    groupId,
    members: [{ memberId: '', groupInstanceId: leaderName, reason: null }],
  });
  tell('the last one leaves', gone.members[0]?.errorCode);
  tell('heartbeat to the empty group', (await beat(alone.memberId, leaderName, 2)).errorCode);
  tell('commit from outside to the empty group', await commit('', null, -1));
  return said;
}

/** Kafka makes the topic of its offsets when it is first asked for. */
async function coordinatorReady(line: Line): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { errorCode } = await line.ask(findCoordinator, 2, { key: groupId, keyType: 0 });
    const { errorCode: member } = await line.ask(heartbeat, 3, { groupId, memberId: 'x', generationId: 1 });
    // 14, 15, 16: the coordinator loads, is not there, is another one
    if (errorCode === 0 && ![14, 15, 16].includes(member)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no coordinator');
}

const reason = missingKafka();

test.skipIf(reason !== undefined)(
  `a group answers as Kafka's does${reason ? `: skipped, ${reason}` : ''}`,
  async () => {
    await using kafka = await startKafka({ properties: ['group.initial.rebalance.delay.ms=500'] });
    await using cluster = await TestCluster.start(1);
    const { Kafka, logLevel } = await import('kafkajs');
    for (const bootstrap of [kafka.bootstrap, cluster.master(1).address]) {
      const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] });
      await admin.disconnect();
    }
    expect(await conversation(cluster.master(1).address)).toEqual(await conversation(kafka.bootstrap));
  },
);
