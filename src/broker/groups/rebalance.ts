import { code } from '../wire/codes.ts';
import type { Timer, World } from '../world/world.ts';
import {
  type JoinAnswer,
  joinError,
  type Member,
  metadataFor,
  type SyncAnswer,
  syncError,
  turnAway,
} from './member.ts';
import type { Members } from './members.ts';

/** The states of a group, with the names that DescribeGroups uses. `Dead` is missing: such a group is not kept at all. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** The assignment of each member, encoded by the assignor of the clients. */
export type Assignments = readonly { readonly memberId: string; readonly assignment: Buffer }[];

/**
 * A new member that has waited so long for its first answer counts as gone: it sends no heartbeats before that answer, so
 * nothing else shows whether it is still there.
 */
const newMemberPatienceMs = 300_000;

/**
 * The state machine of a group. In PreparingRebalance, JoinGroup requests are parked until all known members have sent one
 * or the rebalance timeout is over. In CompletingRebalance, the group waits for the assignment that its leader makes. Then
 * it is Stable until a member joins, leaves, sends no heartbeats or never asks for its assignment.
 */
export class Rebalance {
  state: GroupState = 'Empty';
  generation = 0;
  protocol = '';
  leader = '';
  readonly #world: World;
  readonly #members: Members;
  readonly #initialDelayMs: number;
  readonly #emptied: () => void;
  /** Ends the present state: after the initial delay or a rebalance timeout. */
  #timer: Timer | undefined;
  /** True while the first members of an empty group are given time to arrive (KIP-134). */
  #gathering = false;
  #moreCame = false;

  constructor(world: World, members: Members, initialDelayMs: number, emptied: () => void) {
    this.#world = world;
    this.#members = members;
    this.#initialDelayMs = initialDelayMs;
    this.#emptied = emptied;
  }

  /** Parks the JoinGroup of a member until the next generation, and starts a rebalance if none is in progress. */
  park(member: Member): Promise<JoinAnswer> {
    this.#moreCame ||= member.isNew;
    return new Promise((resolve) => {
      member.joining?.(joinError(code.REBALANCE_IN_PROGRESS, member.id));
      member.joining = resolve;
      this.watch(member);
      if (this.state === 'PreparingRebalance') this.completeIfAllJoined();
      else this.#prepare();
    });
  }

  /** Gives a member its assignment, at once or when the leader has sent it. */
  settle(member: Member, assignments: Assignments): Promise<SyncAnswer> | SyncAnswer {
    member.owesSync = false;
    if (this.state === 'Stable') {
      this.watch(member);
      this.#stopIfAllSynced();
      return this.#assigned(member);
    }
    return new Promise((resolve) => {
      member.syncing?.(syncError(code.REBALANCE_IN_PROGRESS));
      member.syncing = resolve;
      this.watch(member);
      if (member.id === this.leader) this.#assign(assignments);
    });
  }

  /** The answer that tells a member of the generation. Only the leader gets the list of members. */
  answerFor(member: Member): JoinAnswer {
    const told = member.id === this.leader ? this.#members.all : [];
    return {
      ...joinError(code.NONE, member.id),
      generationId: this.generation,
      protocolType: this.#members.protocolType,
      protocolName: this.protocol,
      leader: this.leader,
      members: told.map((one) => ({
        memberId: one.id,
        groupInstanceId: one.instanceId,
        metadata: metadataFor(one, this.protocol),
      })),
    };
  }

  /** Starts the session timeout of a member again. While a request of it is parked it sends no heartbeats: no timeout runs. */
  watch(member: Member): void {
    member.session?.cancel();
    const waits = member.joining !== undefined || member.syncing !== undefined;
    if (waits && !member.isNew) return;
    const patienceMs = waits ? newMemberPatienceMs : member.sessionTimeoutMs;
    member.session = this.#world.clock.setTimer(patienceMs, () => this.remove(member));
  }

  remove(member: Member): void {
    this.#forget(member);
    if (this.state === 'PreparingRebalance') this.completeIfAllJoined();
    else this.#prepare();
  }

  completeIfAllJoined(): void {
    if (this.state !== 'PreparingRebalance' || this.#gathering) return;
    if (this.#members.promisedCount > 0 || this.#members.all.some(({ joining }) => joining === undefined)) return;
    this.#complete();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #prepare(): void {
    const first = this.state === 'Empty';
    this.state = 'PreparingRebalance';
    for (const member of this.#members.all) {
      member.owesSync = false;
      if (member.syncing === undefined) continue;
      member.syncing(syncError(code.REBALANCE_IN_PROGRESS));
      member.syncing = undefined;
      this.watch(member);
    }
    if (first) return this.#gather(Math.max(this.#members.longestRebalanceTimeoutMs, this.#initialDelayMs));
    this.#waitForMembers();
    this.completeIfAllJoined();
  }

  /** Waits for the first members of a group: after each delay in which one arrived, another delay, up to `leftMs` in all. */
  #gather(leftMs: number): void {
    this.#gathering = true;
    this.#moreCame = false;
    const delayMs = Math.min(this.#initialDelayMs, leftMs);
    this.#wait(delayMs, () => {
      const goOn = this.#moreCame && this.generation === 0 && leftMs > delayMs;
      if (goOn) this.#gather(leftMs - delayMs);
      else this.#giveUpWaiting();
    });
  }

  #waitForMembers(): void {
    this.#wait(this.#members.longestRebalanceTimeoutMs, () => this.#giveUpWaiting());
  }

  /** The rebalance timeout is over. Members that have not joined are removed, but static ones only when their session ends. */
  #giveUpWaiting(): void {
    this.#gathering = false;
    for (const member of this.#members.all) {
      if (member.joining === undefined && member.instanceId === null) this.#forget(member);
    }
    const noneCame = this.#members.all.every(({ joining }) => joining === undefined);
    if (this.#members.size > 0 && noneCame) this.#waitForMembers();
    else this.#complete();
  }

  #complete(): void {
    this.#timer?.cancel();
    this.generation += 1;
    const present = this.#members.all.filter(({ joining }) => joining !== undefined);
    const [first] = present;
    if (first === undefined) return this.#empty();
    if (!present.some(({ id }) => id === this.leader)) this.leader = first.id;
    this.protocol = this.#members.electedProtocol;
    this.state = 'CompletingRebalance';
    for (const member of this.#members.all) {
      const answer = member.joining;
      member.joining = undefined;
      member.isNew = false;
      member.owesSync = true;
      this.watch(member);
      answer?.(this.answerFor(member));
    }
    this.#wait(this.#members.longestRebalanceTimeoutMs, () => this.#evictUnsynced());
  }

  /** Removes members that never asked for their assignment, and starts another rebalance. */
  #evictUnsynced(): void {
    for (const member of this.#members.all) if (member.owesSync) this.#forget(member);
    this.#prepare();
  }

  #assign(assignments: Assignments): void {
    const shares = new Map(assignments.map((one) => [one.memberId, Buffer.from(one.assignment)]));
    this.state = 'Stable';
    this.#stopIfAllSynced();
    for (const member of this.#members.all) {
      member.assignment = shares.get(member.id) ?? Buffer.alloc(0);
      const answer = member.syncing;
      member.syncing = undefined;
      this.watch(member);
      answer?.(this.#assigned(member));
    }
  }

  #assigned({ assignment }: Member): SyncAnswer {
    const { protocolType } = this.#members;
    return { ...syncError(code.NONE), protocolType, protocolName: this.protocol, assignment };
  }

  #stopIfAllSynced(): void {
    if (!this.#members.all.some(({ owesSync }) => owesSync)) this.#timer?.cancel();
  }

  #wait(durationMs: number, over: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#world.clock.setTimer(durationMs, over);
  }

  #forget(member: Member): void {
    this.#members.remove(member);
    turnAway(member, code.UNKNOWN_MEMBER_ID);
  }

  #empty(): void {
    this.leader = '';
    this.protocol = '';
    this.state = 'Empty';
    this.#emptied();
  }
}
