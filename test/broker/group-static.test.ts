import { describe, expect, test } from 'vitest';
import { code } from '../../src/broker/wire/codes.ts';
import { assignor, identity, join, request, setUp, stablePair, sync } from './support/group.ts';

/** A stable group of the static members `one`, which leads, and `two`. */
async function staticPair() {
  const { clock, group } = setUp();
  const { leader, follower } = await stablePair(group, clock, ['one', 'two']);
  expect(group.members.find(({ id }) => id === leader.memberId)?.instanceId).toBe('one');
  return { clock, group, leader, follower };
}

describe('static members (KIP-345)', () => {
  test('one that comes back takes up its assignment, and its former self is fenced everywhere', async () => {
    const { group, leader, follower } = await staticPair();
    const back = await join(group, request('', 'two'));
    expect(back).toMatchObject({ errorCode: code.NONE, generationId: 1, leader: leader.memberId, members: [] });
    expect(back.memberId).not.toBe(follower.memberId);
    expect(String((await sync(group, back, [], 'two')).assignment)).toBe(follower.memberId);
    expect(group.state).toBe('Stable');

    const former = identity(follower.memberId, 'two');
    expect(await join(group, request(follower.memberId, 'two'))).toMatchObject({ errorCode: code.FENCED_INSTANCE_ID });
    expect(await sync(group, follower, [], 'two')).toMatchObject({ errorCode: code.FENCED_INSTANCE_ID });
    expect(group.heartbeat(1, former)).toBe(code.FENCED_INSTANCE_ID);
    expect(group.mayCommit(1, former)).toBe(code.FENCED_INSTANCE_ID);
    expect(group.leave(former)).toBe(code.FENCED_INSTANCE_ID);
    expect(group.heartbeat(1, identity(follower.memberId))).toBe(code.UNKNOWN_MEMBER_ID);
    expect(group.heartbeat(1, identity('', 'two'))).toBe(code.FENCED_INSTANCE_ID);
    expect(group.heartbeat(1, identity(follower.memberId, 'three'))).toBe(code.UNKNOWN_MEMBER_ID);
    expect(group.heartbeat(1, identity(back.memberId, 'two'))).toBe(code.NONE);
    expect(group.mayCommit(1, identity(back.memberId, 'two'))).toBe(code.NONE);
  });

  test('a leader that comes back works out no assignment: its former self is said to lead, or it is told so', async () => {
    const { group, leader } = await staticPair();
    const back = await join(group, request('', 'one'), 8);
    expect(back).toMatchObject({ leader: leader.memberId, members: [], skipAssignment: false });
    const again = await join(group, request('', 'one'), 9);
    expect(again).toMatchObject({ leader: again.memberId, skipAssignment: true });
    expect(again.members.length).toBe(2);
    expect(String((await sync(group, again, [], 'one')).assignment)).toBe(leader.memberId);
  });

  test('other metadata of the same assignor does not start a rebalance, another vote does', async () => {
    const { group } = await staticPair();
    const other = await join(
      group,
      request('', 'two', { protocols: [assignor('range', 'other'), assignor('sticky')] }),
    );
    expect(other).toMatchObject({ errorCode: code.NONE, generationId: 1 });
    void join(group, request('', 'one', { protocols: [assignor('sticky'), assignor('range')] }));
    expect(group.state).toBe('Stable');
    void join(group, request('', 'two', { protocols: [assignor('sticky'), assignor('range')] }));
    expect(group.state).toBe('PreparingRebalance');
  });

  test('one that comes back while the assignment is made starts over, for the leader knows its former id', async () => {
    const { clock, group } = setUp();
    const joins = ['one', 'two'].map((instance) => join(group, request('', instance)));
    await clock.pass(120);
    const [one] = await Promise.all(joins);
    expect(group.state).toBe('CompletingRebalance');
    const parked = sync(group, { ...one!, memberId: group.members[1]!.id }, [], 'two');
    const back = join(group, request('', 'two'));
    expect(await parked).toMatchObject({ errorCode: code.FENCED_INSTANCE_ID });
    expect(group.state).toBe('PreparingRebalance');
    const answers = await Promise.all([join(group, request(one!.memberId, 'one')), back]);
    expect(answers.map(({ generationId }) => generationId)).toEqual([2, 2]);
  });

  test('one that is away costs no rebalance until its session is over', async () => {
    const { clock, group, leader, follower } = await staticPair();
    await clock.pass(900);
    expect(group.heartbeat(1, identity(leader.memberId, 'one'))).toBe(code.NONE);
    await clock.pass(200);
    expect(group.heartbeat(1, identity(leader.memberId, 'one'))).toBe(code.REBALANCE_IN_PROGRESS);
    expect(group.heartbeat(1, identity(follower.memberId, 'two'))).toBe(code.UNKNOWN_MEMBER_ID);
  });

  test('a rebalance timeout does not put it out, and waits on if only such members are left', async () => {
    const { clock, group } = setUp();
    const session = { sessionTimeoutMs: 20_000 };
    const joins = ['one', 'two'].map((instance) => join(group, request('', instance, session)));
    await clock.pass(120);
    const [one, two] = await Promise.all(joins);
    const third = join(group, request('', 'three', session));
    await clock.pass(3100);
    expect(await third).toMatchObject({ generationId: 2, leader: (await third).memberId });
    expect(group.members.length).toBe(3);
    // All of them owe their sync: the newcomer too is put out in the end, and the pair's sessions end.
    expect(group.leave(identity('', 'three'))).toBe(code.NONE);
    await clock.pass(3100);
    expect(group.state).toBe('PreparingRebalance');
    expect(
      await Promise.all([join(group, request(one!.memberId, 'one')), join(group, request(two!.memberId, 'two'))]),
    ).toMatchObject([{ generationId: 3 }, { generationId: 3 }]);
  });

  test('an operator removes it by its instance id alone', async () => {
    const { group, follower } = await staticPair();
    expect(group.leave(identity('', 'nobody'))).toBe(code.UNKNOWN_MEMBER_ID);
    expect(group.leave(identity('', 'two'))).toBe(code.NONE);
    expect(group.state).toBe('PreparingRebalance');
    expect(group.members.some(({ id }) => id === follower.memberId)).toBe(false);
  });
});
