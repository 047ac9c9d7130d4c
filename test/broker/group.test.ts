import { describe, expect, test } from 'vitest';
import { Group } from '../../src/broker/groups/group.ts';
import type { JoinAnswer } from '../../src/broker/groups/member.ts';
import type { JoinRequest } from '../../src/broker/groups/members.ts';
import { code } from '../../src/broker/wire/codes.ts';
import type { Clock } from '../../src/broker/world/world.ts';
import { memoryWorld } from './support/memory-world.ts';

/** Time that only moves when told to. */
class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void) {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Runs what is due on the way, in order, and lets promises settle. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((one, other) => one.atMs - other.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
      await Promise.resolve();
    }
    this.#nowMs = endMs;
  }
}

function setUp() {
  const clock = new ManualClock();
  const group = new Group('g', memoryWorld(undefined, undefined, clock), 50);
  return { clock, group };
}

const protocols = [{ name: 'range', metadata: Buffer.from('m') }];

function request(memberId: string, instance: string | null = null, more: Partial<JoinRequest> = {}): JoinRequest {
  const timeouts = { sessionTimeoutMs: 1000, rebalanceTimeoutMs: 3000 };
  return {
    groupId: 'g',
    ...timeouts,
    memberId,
    groupInstanceId: instance,
    protocolType: 'consumer',
    protocols,
    reason: null,
    ...more,
  };
}

const caller = (version: number) => ({ clientId: 'c', host: 'h', version });
const join = async (group: Group, one: JoinRequest, version = 5) => group.join(one, caller(version));
const identity = (memberId: string, groupInstanceId: string | null = null) => ({ memberId, groupInstanceId });

async function firstId(group: Group): Promise<string> {
  const answer = await join(group, request(''));
  expect(answer.errorCode).toBe(code.MEMBER_ID_REQUIRED);
  return answer.memberId;
}

function sync(
  group: Group,
  { memberId, generationId }: JoinAnswer,
  assignments: { memberId: string; assignment: Buffer }[] = [],
  instance: string | null = null,
) {
  const base = { groupId: 'g', protocolType: null, protocolName: null, groupInstanceId: instance };
  return group.sync({ ...base, generationId, memberId, assignments });
}

/** Two members, joined and synced. */
async function stablePair(group: Group, clock: ManualClock, instances: readonly (string | null)[] = [null, null]) {
  const ids = await Promise.all(instances.map((instance) => (instance === null ? firstId(group) : '')));
  const joins = ids.map((id, index) => join(group, request(id, instances[index] ?? null)));
  await clock.pass(120);
  const answers = await Promise.all(joins);
  const leader = answers.findIndex(({ leader, memberId }) => leader === memberId);
  const assignments = answers.map(({ memberId }) => ({ memberId, assignment: Buffer.from(memberId) }));
  const synced = answers.map((answer, index) =>
    sync(group, answer, index === leader ? assignments : [], instances[index] ?? null),
  );
  for (const [index, one] of (await Promise.all(synced)).entries()) {
    expect(String(one.assignment)).toBe(answers[index]?.memberId);
  }
  expect(group.state).toBe('Stable');
  return { answers, leader: answers[leader]!, follower: answers[1 - leader]! };
}

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
