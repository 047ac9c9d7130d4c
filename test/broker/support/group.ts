import { expect } from 'vitest';
import { Group } from '../../../src/broker/groups/group.ts';
import type { JoinAnswer } from '../../../src/broker/groups/member.ts';
import type { JoinRequest } from '../../../src/broker/groups/members.ts';
import { code } from '../../../src/broker/wire/codes.ts';
import type { Clock } from '../../../src/broker/world/world.ts';
import { memoryWorld } from './memory-world.ts';

/** Time that only moves when told to. */
export class ManualClock implements Clock {
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
      for (let settled = 0; settled < 5; settled++) await Promise.resolve();
    }
    this.#nowMs = endMs;
  }
}

export function setUp() {
  const clock = new ManualClock();
  const group = new Group('g', memoryWorld(undefined, undefined, clock), 50);
  return { clock, group };
}

export const protocols = [assignor('range'), assignor('sticky')];

export function assignor(name: string, metadata = 'm') {
  return { name, metadata: Buffer.from(metadata) };
}

export function request(
  memberId: string,
  instance: string | null = null,
  more: Partial<JoinRequest> = {},
): JoinRequest {
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

export const caller = (version: number) => ({ clientId: 'c', host: 'h', version });
export const join = async (group: Group, one: JoinRequest, version = 5) => group.join(one, caller(version));
export const identity = (memberId: string, groupInstanceId: string | null = null) => ({ memberId, groupInstanceId });

export async function firstId(group: Group): Promise<string> {
  const answer = await join(group, request(''));
  expect(answer.errorCode).toBe(code.MEMBER_ID_REQUIRED);
  return answer.memberId;
}

export function sync(
  group: Group,
  { memberId, generationId }: JoinAnswer,
  assignments: { memberId: string; assignment: Buffer }[] = [],
  instance: string | null = null,
) {
  const base = { groupId: 'g', protocolType: null, protocolName: null, groupInstanceId: instance };
  return group.sync({ ...base, generationId, memberId, assignments });
}

/** Two members, joined and synced. */
export async function stablePair(
  group: Group,
  clock: ManualClock,
  instances: readonly (string | null)[] = [null, null],
) {
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
