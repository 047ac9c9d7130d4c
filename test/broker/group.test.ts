import { describe, expect, test } from 'vitest';
import { code } from '../../src/broker/wire/codes.ts';
import { firstId, identity, join, request, setUp, stablePair, sync } from './support/group.ts';

describe('a consumer group', () => {
  test('members that come within the initial delay share the first generation', async () => {
    const { clock, group } = setUp();
    const { answers, leader } = await stablePair(group, clock);
    expect(answers.map(({ generationId }) => generationId)).toEqual([1, 1]);
    expect(leader.members.length).toBe(2);
  });

  test('a member that falls silent is put out and the other is told', async () => {
    const { clock, group } = setUp();
    const { leader, follower } = await stablePair(group, clock);
    for (let index = 0; index < 3; index++) {
      await clock.pass(400);
      group.heartbeat(1, identity(leader.memberId));
    }
    expect(group.heartbeat(1, identity(leader.memberId))).toBe(code.REBALANCE_IN_PROGRESS);
    expect(group.heartbeat(1, identity(follower.memberId))).toBe(code.UNKNOWN_MEMBER_ID);
    const again = await join(group, request(leader.memberId));
    expect(again).toMatchObject({ errorCode: 0, generationId: 2 });
    expect(again.members.length).toBe(1);
  });

  test('a rebalance does not wait longer than its timeout for a member that only beats', async () => {
    const { clock, group } = setUp();
    const { follower, leader } = await stablePair(group, clock);
    const third = join(group, request(await firstId(group)));
    for (let index = 0; index < 7; index++) {
      await clock.pass(500);
      group.heartbeat(1, identity(leader.memberId));
      group.heartbeat(1, identity(follower.memberId));
    }
    expect(await third).toMatchObject({ errorCode: 0, generationId: 2 });
    expect(group.heartbeat(1, identity(leader.memberId))).toBe(code.UNKNOWN_MEMBER_ID);
  });

  test('a leader that never brings the assignment is put out', async () => {
    const { clock, group } = setUp();
    const ids = [await firstId(group), await firstId(group)];
    const joins = ids.map((id) => join(group, request(id)));
    await clock.pass(120);
    const answers = await Promise.all(joins);
    const follower = answers.find(({ leader, memberId }) => leader !== memberId)!;
    const parked = sync(group, follower);
    for (let index = 0; index < 8; index++) {
      group.heartbeat(1, identity(follower.leader));
      await clock.pass(400);
    }
    expect(await parked).toMatchObject({ errorCode: code.REBALANCE_IN_PROGRESS });
    expect(await join(group, request(follower.memberId))).toMatchObject({ errorCode: 0, leader: follower.memberId });
  });

  test('commits need the right member and generation, or an empty group', async () => {
    const { clock, group } = setUp();
    expect(group.mayCommit(-1, identity(''))).toBe(code.NONE);
    const { leader } = await stablePair(group, clock);
    expect(group.mayCommit(-1, identity(''))).toBe(code.UNKNOWN_MEMBER_ID);
    expect(group.mayCommit(1, identity(leader.memberId))).toBe(code.NONE);
    expect(group.mayCommit(0, identity(leader.memberId))).toBe(code.ILLEGAL_GENERATION);
    expect(group.mayCommit(1, identity('somebody'))).toBe(code.UNKNOWN_MEMBER_ID);
  });

  test('leaving starts a rebalance, the last one leaves it empty', async () => {
    const { clock, group } = setUp();
    const { leader, follower } = await stablePair(group, clock);
    expect(group.leave(identity(follower.memberId))).toBe(code.NONE);
    expect(group.state).toBe('PreparingRebalance');
    expect(group.leave(identity(leader.memberId))).toBe(code.NONE);
    expect(group.state).toBe('Empty');
    expect(group.leave(identity(leader.memberId))).toBe(code.UNKNOWN_MEMBER_ID);
  });

  test('a static member comes back without a rebalance, and its old self is fenced', async () => {
    const { clock, group } = setUp();
    const { leader } = await stablePair(group, clock, ['one', 'two']);
    const instance = group.members.find(({ id }) => id === leader.memberId)?.instanceId ?? null;
    const back = await join(group, request('', instance));
    expect(back).toMatchObject({ errorCode: 0, generationId: 1, members: [] });
    expect(back.memberId).not.toBe(leader.memberId);
    expect(String((await sync(group, back, [], instance)).assignment)).toBe(leader.memberId);
    expect(group.heartbeat(1, identity(leader.memberId, instance))).toBe(code.FENCED_INSTANCE_ID);
    expect(group.heartbeat(1, identity(back.memberId, instance))).toBe(code.NONE);
  });

  test('protocols that nobody else speaks are refused', async () => {
    const { clock, group } = setUp();
    await stablePair(group, clock);
    const odd = [{ name: 'odd', metadata: Buffer.alloc(0) }];
    expect(await join(group, request('', null, { protocols: odd }))).toMatchObject({
      errorCode: code.INCONSISTENT_GROUP_PROTOCOL,
    });
    expect(await join(group, request('', null, { sessionTimeoutMs: 1 }))).toMatchObject({
      errorCode: code.INVALID_SESSION_TIMEOUT,
    });
    expect(await join(group, request('unknown'))).toMatchObject({ errorCode: code.UNKNOWN_MEMBER_ID });
  });
});
