import { describe, expect, test } from 'vitest';
import { CommittedOffsets } from '../../src/broker/groups/committed.ts';
import { Coordinator } from '../../src/broker/groups/coordinator.ts';
import type { Store } from '../../src/broker/store/store.ts';
import { code } from '../../src/broker/wire/codes.ts';
import {
  assignor,
  caller,
  firstId,
  identity,
  join,
  ManualClock,
  request,
  setUp,
  stablePair,
  sync,
} from './support/group.ts';
import { memoryWorld } from './support/memory-world.ts';

describe('a rebalance', () => {
  test('a new group waits on while members come, as long as a rebalance timeout (KIP-134)', async () => {
    const { clock, group } = setUp();
    const joins = [];
    for (let index = 0; index < 4; index++) {
      joins.push(join(group, request(await firstId(group))));
      await clock.pass(40);
    }
    await clock.pass(100);
    expect((await Promise.all(joins)).map(({ generationId }) => generationId)).toEqual([1, 1, 1, 1]);
  });

  test('a new group does not wait for ever', async () => {
    const { clock, group } = setUp();
    const first = join(group, request('', null, { rebalanceTimeoutMs: 200 }), 3);
    for (let index = 0; index < 6; index++) {
      void join(group, request('', null, { rebalanceTimeoutMs: 200 }), 3);
      await clock.pass(40);
    }
    expect(await first).toMatchObject({ errorCode: code.NONE, generationId: 1 });
  });

  test('the longest of the rebalance timeouts is the bound', async () => {
    const { clock, group } = setUp();
    const { leader, follower } = await stablePair(group, clock);
    const slow = { rebalanceTimeoutMs: 5000 };
    const third = join(group, request(await firstId(group), null, slow));
    const beat = () => group.heartbeat(1, identity(leader.memberId));
    void join(group, request(follower.memberId));
    for (let index = 0; index < 6; index++) {
      await clock.pass(800);
      expect(beat()).toBe(code.REBALANCE_IN_PROGRESS);
    }
    await clock.pass(800);
    expect(await third).toMatchObject({ errorCode: code.NONE, generationId: 2 });
    expect(beat()).toBe(code.UNKNOWN_MEMBER_ID);
  });

  test('waits for an id that was given out, but only as long as its session (KIP-394)', async () => {
    const { clock, group } = setUp();
    const { leader, follower } = await stablePair(group, clock);
    const promised = await firstId(group);
    const joins = [leader, follower].map(({ memberId }) => join(group, request(memberId)));
    await clock.pass(900);
    expect(group.state).toBe('PreparingRebalance');
    await clock.pass(200);
    expect((await Promise.all(joins)).map(({ generationId }) => generationId)).toEqual([2, 2]);
    expect(await join(group, request(promised))).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
    expect(group.heartbeat(2, identity(promised))).toBe(code.UNKNOWN_MEMBER_ID);
  });

  test('an id that was given out and leaves again is waited for no more', async () => {
    const { clock, group } = setUp();
    const { leader, follower } = await stablePair(group, clock);
    const promised = await firstId(group);
    const joins = [leader, follower].map(({ memberId }) => join(group, request(memberId)));
    expect(group.leave(identity(promised))).toBe(code.NONE);
    expect((await Promise.all(joins)).map(({ generationId }) => generationId)).toEqual([2, 2]);
  });

  test('a follower that joined and never syncs is put out, though it beats (KAFKA-12890)', async () => {
    const { clock, group } = setUp();
    const joins = [await firstId(group), await firstId(group)].map((id) => join(group, request(id)));
    await clock.pass(120);
    const answers = await Promise.all(joins);
    const leader = answers.find((one) => one.leader === one.memberId)!;
    const follower = answers.find((one) => one.leader !== one.memberId)!;
    await sync(group, leader);
    expect(group.state).toBe('Stable');
    for (let index = 0; index < 4; index++) {
      expect(group.heartbeat(1, identity(follower.memberId))).toBe(code.NONE);
      group.heartbeat(1, identity(leader.memberId));
      await clock.pass(800);
    }
    expect(group.heartbeat(1, identity(follower.memberId))).toBe(code.UNKNOWN_MEMBER_ID);
    expect(group.heartbeat(1, identity(leader.memberId))).toBe(code.REBALANCE_IN_PROGRESS);
  });

  test('a follower that syncs late, but in time, stays', async () => {
    const { clock, group } = setUp();
    const joins = [await firstId(group), await firstId(group)].map((id) => join(group, request(id)));
    await clock.pass(120);
    const answers = await Promise.all(joins);
    const leader = answers.find((one) => one.leader === one.memberId)!;
    const follower = answers.find((one) => one.leader !== one.memberId)!;
    await sync(group, leader, [{ memberId: follower.memberId, assignment: Buffer.from('late') }]);
    await clock.pass(900);
    expect(group.heartbeat(1, identity(leader.memberId))).toBe(code.NONE);
    expect(String((await sync(group, follower)).assignment)).toBe('late');
    for (let index = 0; index < 5; index++) {
      for (const { memberId } of answers) expect(group.heartbeat(1, identity(memberId))).toBe(code.NONE);
      await clock.pass(900);
    }
  });

  test('a leader that joins again asks for a new assignment, a follower that does is told where we are', async () => {
    const { clock, group } = setUp();
    const { leader, follower } = await stablePair(group, clock);
    expect(await join(group, request(follower.memberId))).toMatchObject({ generationId: 1, members: [] });
    expect(group.state).toBe('Stable');
    void join(group, request(leader.memberId));
    expect(group.state).toBe('PreparingRebalance');
    expect(group.heartbeat(1, identity(follower.memberId))).toBe(code.REBALANCE_IN_PROGRESS);
  });

  test('a JoinGroup whose answer got lost may be sent again while the assignment is made', async () => {
    const { clock, group } = setUp();
    const first = join(group, request(await firstId(group)));
    await clock.pass(120);
    const { memberId } = await first;
    expect(await join(group, request(memberId))).toMatchObject({ generationId: 1, leader: memberId });
    expect(group.state).toBe('CompletingRebalance');
  });

  test('another member leads when the leader is gone', async () => {
    const { clock, group } = setUp();
    const { leader, follower } = await stablePair(group, clock);
    group.leave(identity(leader.memberId));
    const again = await join(group, request(follower.memberId));
    expect(again).toMatchObject({ errorCode: code.NONE, generationId: 2, leader: follower.memberId });
    expect(again.members.length).toBe(1);
  });

  test('members vote for the protocol, among those that all speak', async () => {
    const { clock, group } = setUp();
    const preferences = [
      ['range', 'sticky', 'robin'],
      ['sticky', 'range'],
      ['odd', 'sticky', 'range'],
    ];
    const joins = preferences.map((names) =>
      join(group, request('', null, { protocols: names.map((name) => assignor(name)) }), 3),
    );
    await clock.pass(120);
    expect((await Promise.all(joins)).map(({ protocolName }) => protocolName)).toEqual(['sticky', 'sticky', 'sticky']);
  });

  test('a generation that is over is refused by every request', async () => {
    const { clock, group } = setUp();
    const { leader, follower } = await stablePair(group, clock);
    const joins = [leader, follower].map(({ memberId }) => join(group, request(memberId)));
    const current = await Promise.all(joins);
    const who = identity(leader.memberId);
    expect(group.heartbeat(1, who)).toBe(code.ILLEGAL_GENERATION);
    expect(group.mayCommit(1, who)).toBe(code.ILLEGAL_GENERATION);
    expect(group.mayCommit(-1, who)).toBe(code.ILLEGAL_GENERATION);
    expect(await sync(group, leader)).toMatchObject({ errorCode: code.ILLEGAL_GENERATION });
    expect(group.mayCommit(2, who)).toBe(code.REBALANCE_IN_PROGRESS);
    expect(group.heartbeat(2, who)).toBe(code.NONE);
    for (const answer of current) void sync(group, answer);
    expect(group.mayCommit(2, who)).toBe(code.NONE);
    void join(group, request(leader.memberId));
    expect(group.mayCommit(2, who)).toBe(code.NONE);
    expect(await sync(group, current[1]!)).toMatchObject({ errorCode: code.REBALANCE_IN_PROGRESS });
  });

  test('a SyncGroup that names another protocol is refused', async () => {
    const { clock, group } = setUp();
    const { leader } = await stablePair(group, clock);
    const base = { groupId: 'g', groupInstanceId: null, generationId: 1, memberId: leader.memberId, assignments: [] };
    for (const [protocolType, protocolName, errorCode] of [
      ['consumer', 'range', code.NONE],
      ['connect', 'range', code.INCONSISTENT_GROUP_PROTOCOL],
      ['consumer', 'sticky', code.INCONSISTENT_GROUP_PROTOCOL],
    ] as const) {
      expect(await group.sync({ ...base, protocolType, protocolName })).toMatchObject({ errorCode });
    }
  });

  test('a newcomer whose rebalance takes for ever is forgotten after five minutes', async () => {
    const { clock, group } = setUp();
    const hour = { rebalanceTimeoutMs: 3_600_000, sessionTimeoutMs: 1_800_000 };
    const first = join(group, request('', null, hour), 3);
    await clock.pass(120);
    void sync(group, await first);
    const second = join(group, request('', null, hour), 3);
    await clock.pass(299_000);
    expect(group.members.length).toBe(2);
    await clock.pass(2000);
    expect(await second).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
  });
});

describe('the coordinator', () => {
  const offset = { topicId: '0'.repeat(32), partition: 0, offset: 1, leaderEpoch: 0, metadata: null };

  function coordinatorWith(committed: CommittedOffsets) {
    const clock = new ManualClock();
    // Nothing here is written: only memberships are asked for.
    return {
      clock,
      coordinator: new Coordinator(memoryWorld(undefined, undefined, clock), {} as Store, committed, 50),
    };
  }

  test('keeps a group as long as it has members, ids given out or offsets', async () => {
    const { clock, coordinator } = coordinatorWith(new CommittedOffsets());
    expect(await coordinator.join(request('somebody'), caller(5))).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
    expect(coordinator.mayCommit('g', 3, identity('somebody'))).toBe(code.ILLEGAL_GENERATION);
    expect(coordinator.mayCommit('g', -1, identity(''))).toBe(code.NONE);
    expect(coordinator.find('g')).toBeUndefined();
    expect(await coordinator.join(request(''), caller(5))).toMatchObject({ errorCode: code.MEMBER_ID_REQUIRED });
    expect(coordinator.find('g')?.state).toBe('Empty');
    await clock.pass(1100);
    expect(coordinator.find('g')).toBeUndefined();
    const joined = coordinator.join(request(''), caller(3));
    await clock.pass(60);
    const { memberId } = await joined;
    expect(coordinator.mayDelete('g')).toBe(code.NON_EMPTY_GROUP);
    expect(coordinator.find('g')?.leave(identity(memberId))).toBe(code.NONE);
    // as in Kafka: it is not gone before its coordinator looks for what has expired
    await clock.pass(599_000);
    expect(coordinator.list().map(({ id, state }) => [id, state])).toEqual([['g', 'Empty']]);
    expect(coordinator.mayDelete('g')).toBe(code.NONE);
    await clock.pass(2000);
    expect(coordinator.list()).toEqual([]);
    expect(coordinator.mayDelete('g')).toBe(code.GROUP_ID_NOT_FOUND);
  });

  test('knows no more than 10,000 groups that were left by all', async () => {
    const { clock, coordinator } = coordinatorWith(new CommittedOffsets());
    for (let n = 0; n < 10_010; n++) {
      const joined = coordinator.join({ ...request(''), groupId: `g${n}` }, caller(3));
      await clock.pass(60);
      expect(coordinator.find(`g${n}`)?.leave(identity((await joined).memberId))).toBe(code.NONE);
    }
    expect(coordinator.list().length).toBe(10_000);
    expect(coordinator.find('g9')).toBeUndefined();
    expect(coordinator.find('g10')?.state).toBe('Empty');
  });

  test('remembers no members of an earlier life, and fences them', async () => {
    const committed = new CommittedOffsets();
    committed.put('g', [offset], 1);
    const { coordinator } = coordinatorWith(committed);
    expect(coordinator.find('g')?.state).toBe('Empty');
    expect(coordinator.mayCommit('g', 1, identity('former'))).toBe(code.UNKNOWN_MEMBER_ID);
    expect(coordinator.find('g')?.heartbeat(1, identity('former'))).toBe(code.UNKNOWN_MEMBER_ID);
  });

  test('that leads no more sends those who wait to the new one and forgets its members', async () => {
    const { coordinator } = coordinatorWith(new CommittedOffsets());
    const parked = coordinator.join(request(''), caller(3));
    coordinator.resign();
    expect(await parked).toMatchObject({ errorCode: code.NOT_COORDINATOR });
    expect(coordinator.find('g')).toBeUndefined();
  });
});
