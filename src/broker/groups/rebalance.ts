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

/** Names as DescribeGroups gives them. A dead group is one that the coordinator does not keep. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** Which member gets what, in the assignor's own bytes. */
export type Assignments = readonly { readonly memberId: string; readonly assignment: Buffer }[];

/** Whoever waits so long for its first answer has gone: it cannot beat yet, and its socket is silent either way. */
const newMemberPatienceMs = 300_000;

/**
 * The state machine of a group. Members are parked (PreparingRebalance) until all known ones are there or the rebalance
 * timeout is over; the leader's assignment is awaited (CompletingRebalance); then the group is Stable until somebody
 * comes, goes, falls silent or never fetches its assignment.
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
  /** What the state waits for: the end of the initial delay or of a rebalance timeout. */
  #timer: Timer | undefined;
  /** The first members of an empty group are given time to come together (KIP-134). */
  #gathering = false;
  #moreCame = false;

  constructor(world: World, members: Members, initialDelayMs: number, emptied: () => void) {
    this.#world = world;
    this.#members = members;
    this.#initialDelayMs = initialDelayMs;
    this.#emptied = emptied;
  }

  /** Keeps a member waiting for the next generation, and starts the rebalance if there is none yet. */
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

  /** Gives a member its assignment, now or when the leader brings it. */
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

  /** The generation as it is told to one member: only the leader hears of the others. */
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

  /** Starts the member's session anew. While it waits for us it cannot beat, so nothing runs against it. */
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

  /** As long as more come into a new group, each delay is followed by another one, but not beyond `leftMs`. */
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

  /** The rebalance timeout is over: who has not joined is out, except static members, whose session decides. */
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

  /** Members that were told of the generation and never asked for their assignment are out; the others start over. */
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
