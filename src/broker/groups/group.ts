import type { Caller } from '../rpc/connection.ts';
import type { RequestOf } from '../wire/api.ts';
import type { syncGroup } from '../wire/apis/groups.ts';
import { code } from '../wire/codes.ts';
import type { Timer, World } from '../world/world.ts';
import {
  commonProtocol,
  type JoinAnswer,
  joinError,
  type Member,
  metadataFor,
  type SyncAnswer,
  sameProtocols,
  syncError,
} from './member.ts';
import { type Identity, type JoinRequest, Members } from './members.ts';

/** Names as DescribeGroups gives them. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

type SyncRequest = RequestOf<typeof syncGroup>;

/**
 * One consumer group: Kafka's classic rebalance protocol. Members join (PreparingRebalance) until all known ones are
 * there or the rebalance timeout is over; the leader's assignment is awaited (CompletingRebalance); then it is Stable
 * until somebody comes, goes or falls silent. Memberships live in memory only: after a restart of the coordinator
 * members are unknown and join anew, while the committed offsets come back from the log.
 */
export class Group {
  readonly id: string;
  state: GroupState = 'Empty';
  generation = 0;
  protocolType = '';
  protocol = '';
  readonly #world: World;
  readonly #initialDelayMs: number;
  readonly #members: Members;
  #leader = '';
  #timer: Timer | undefined;
  #gathering = false;

  constructor(id: string, world: World, initialDelayMs: number) {
    this.id = id;
    this.#world = world;
    this.#members = new Members(world);
    this.#initialDelayMs = initialDelayMs;
  }

  get members(): readonly Member[] {
    return this.#members.all;
  }

  /** Nobody is in it or on the way in. */
  get isIdle(): boolean {
    return this.#members.size === 0 && this.#members.promisedCount === 0;
  }

  join(request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const refusal = this.#members.refuse(request, this.protocolType);
    if (refusal !== undefined) return joinError(refusal, request.memberId);
    const known = this.#members.find(request);
    if (typeof known === 'number') return joinError(known, request.memberId);
    if (known !== undefined) return this.#rejoin(known, request, caller);
    const redeemed = this.#members.redeem(request.memberId);
    if (request.memberId !== '' && !redeemed) return joinError(code.UNKNOWN_MEMBER_ID, request.memberId);
    if (request.memberId === '' && caller.version >= 4 && request.groupInstanceId === null) {
      const promised = this.#members.promise(request, caller, () => this.#completeIfAllJoined());
      return joinError(code.MEMBER_ID_REQUIRED, promised);
    }
    if (this.#members.size === 0) this.protocolType = request.protocolType;
    return this.#park(this.#members.add(request, caller));
  }

  sync(request: SyncRequest): Promise<SyncAnswer> | SyncAnswer {
    const member = this.#members.find(request);
    if (typeof member === 'number') return syncError(member);
    if (member === undefined) return syncError(code.UNKNOWN_MEMBER_ID);
    if (request.generationId !== this.generation) return syncError(code.ILLEGAL_GENERATION);
    if (this.state === 'PreparingRebalance') return syncError(code.REBALANCE_IN_PROGRESS);
    const typeDiffers = request.protocolType !== null && request.protocolType !== this.protocolType;
    const nameDiffers = request.protocolName !== null && request.protocolName !== this.protocol;
    if (typeDiffers || nameDiffers) return syncError(code.INCONSISTENT_GROUP_PROTOCOL);
    if (this.state === 'Stable') {
      this.#touch(member);
      return this.#assigned(member);
    }
    return new Promise((resolve) => {
      member.syncing?.(syncError(code.REBALANCE_IN_PROGRESS));
      member.syncing = resolve;
      member.session?.cancel();
      if (member.id === this.#leader) this.#assign(request);
    });
  }

  heartbeat(generationId: number, identity: Identity): number {
    const member = this.#members.find(identity);
    if (typeof member === 'number') return member;
    if (member === undefined) return code.UNKNOWN_MEMBER_ID;
    if (generationId !== this.generation) return code.ILLEGAL_GENERATION;
    this.#touch(member);
    return this.state === 'PreparingRebalance' ? code.REBALANCE_IN_PROGRESS : code.NONE;
  }

  leave(identity: Identity): number {
    if (this.#members.redeem(identity.memberId)) {
      this.#completeIfAllJoined();
      return code.NONE;
    }
    const member = this.#members.find(identity);
    if (typeof member === 'number') return member;
    if (member === undefined) return code.UNKNOWN_MEMBER_ID;
    this.#remove(member);
    return code.NONE;
  }

  /** Whether a commit may be taken; `NONE` or the error code. A member's commit counts as a sign of life. */
  mayCommit(generationId: number, identity: Identity): number {
    const outsider = generationId < 0 && identity.memberId === '' && identity.groupInstanceId === null;
    if (outsider) return this.#members.size === 0 ? code.NONE : code.UNKNOWN_MEMBER_ID;
    const member = this.#members.find(identity);
    if (typeof member === 'number') return member;
    if (member === undefined) return code.UNKNOWN_MEMBER_ID;
    if (generationId !== this.generation) return code.ILLEGAL_GENERATION;
    this.#touch(member);
    return this.state === 'CompletingRebalance' ? code.REBALANCE_IN_PROGRESS : code.NONE;
  }

  /** Stops all timers; parked requests are not answered any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#members.stop();
  }

  #rejoin(member: Member, request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const changed = !sameProtocols(member.protocols, request.protocols);
    const wasLeader = member.id === this.#leader;
    const restarted = request.memberId === '';
    const current = restarted ? this.#replace(member, request, caller) : member;
    this.#members.update(current, request);
    const repeated = this.state === 'CompletingRebalance' && !changed && !restarted;
    // A restarted static member takes up its old assignment. If it led, it is told that its old self leads, so that it
    // does not compute a new one (Kafka does the same).
    const unmoved = this.state === 'Stable' && !changed && (restarted || !wasLeader);
    if (!repeated && !unmoved) return this.#park(current);
    this.#touch(current);
    return this.#joined(current, restarted && wasLeader ? member.id : this.#leader);
  }

  #replace(old: Member, request: JoinRequest, caller: Caller): Member {
    this.#forget(old, code.FENCED_INSTANCE_ID);
    const member = this.#members.add(request, caller);
    member.assignment = old.assignment;
    if (this.#leader === old.id) this.#leader = member.id;
    return member;
  }

  #park(member: Member): Promise<JoinAnswer> {
    return new Promise((resolve) => {
      member.joining?.(joinError(code.REBALANCE_IN_PROGRESS, member.id));
      member.joining = resolve;
      member.session?.cancel();
      if (this.state !== 'PreparingRebalance') this.#prepare();
      else this.#completeIfAllJoined();
    });
  }

  #prepare(): void {
    this.#gathering = this.state === 'Empty';
    this.state = 'PreparingRebalance';
    for (const member of this.members) {
      if (member.syncing === undefined) continue;
      member.syncing(syncError(code.REBALANCE_IN_PROGRESS));
      member.syncing = undefined;
      this.#touch(member);
    }
    this.#timer?.cancel();
    const longestMs = this.#members.longestRebalanceTimeoutMs;
    this.#timer = this.#world.clock.setTimer(this.#gathering ? this.#initialDelayMs : longestMs, () =>
      this.#giveUpWaiting(),
    );
    if (!this.#gathering) this.#completeIfAllJoined();
  }

  #completeIfAllJoined(): void {
    if (this.state !== 'PreparingRebalance' || this.#gathering) return;
    if (this.#members.promisedCount > 0 || this.members.some(({ joining }) => joining === undefined)) return;
    this.#complete();
  }

  /** The rebalance timeout is over: who has not joined is out, except static members, whose session decides. */
  #giveUpWaiting(): void {
    this.#gathering = false;
    for (const member of this.members) {
      if (member.joining === undefined && member.instanceId === null) this.#forget(member, code.UNKNOWN_MEMBER_ID);
    }
    this.#complete();
  }

  #complete(): void {
    this.#timer?.cancel();
    const present = this.members.filter(({ joining }) => joining !== undefined);
    this.generation += 1;
    const [first] = present;
    if (first === undefined) {
      this.state = this.#members.size === 0 ? 'Empty' : 'Stable';
      return;
    }
    if (!present.some(({ id }) => id === this.#leader)) this.#leader = first.id;
    this.protocol = commonProtocol(this.members) ?? '';
    this.state = 'CompletingRebalance';
    for (const member of present) {
      const answer = member.joining;
      member.joining = undefined;
      this.#touch(member);
      answer?.(this.#joined(member, this.#leader));
    }
    const longestMs = this.#members.longestRebalanceTimeoutMs;
    this.#timer = this.#world.clock.setTimer(longestMs, () => this.#evictUnsynced());
  }

  /** The assignment did not come, or members never asked for it: they are out and the others start over. */
  #evictUnsynced(): void {
    for (const member of this.members) if (member.syncing === undefined) this.#forget(member, code.UNKNOWN_MEMBER_ID);
    if (this.#members.size === 0) this.#empty();
    else this.#prepare();
  }

  #assign(request: SyncRequest): void {
    this.#timer?.cancel();
    const assignments = new Map(request.assignments.map((one) => [one.memberId, Buffer.from(one.assignment)]));
    this.state = 'Stable';
    for (const member of this.members) {
      member.assignment = assignments.get(member.id) ?? Buffer.alloc(0);
      const answer = member.syncing;
      member.syncing = undefined;
      this.#touch(member);
      answer?.(this.#assigned(member));
    }
  }

  #joined(member: Member, leader: string): JoinAnswer {
    const told = member.id === leader ? this.members : [];
    return {
      ...joinError(code.NONE, member.id),
      generationId: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocol,
      leader,
      members: told.map((one) => ({
        memberId: one.id,
        groupInstanceId: one.instanceId,
        metadata: metadataFor(one, this.protocol),
      })),
    };
  }

  #assigned({ assignment }: Member): SyncAnswer {
    return { ...syncError(code.NONE), protocolType: this.protocolType, protocolName: this.protocol, assignment };
  }

  #touch(member: Member): void {
    member.session?.cancel();
    if (member.joining !== undefined || member.syncing !== undefined) return;
    member.session = this.#world.clock.setTimer(member.sessionTimeoutMs, () => this.#remove(member));
  }

  #remove(member: Member): void {
    this.#forget(member, code.UNKNOWN_MEMBER_ID);
    if (this.#members.size === 0) this.#empty();
    else if (this.state === 'PreparingRebalance') this.#completeIfAllJoined();
    else this.#prepare();
  }

  #forget(member: Member, errorCode: number): void {
    this.#members.remove(member);
    member.joining?.(joinError(errorCode, member.id));
    member.syncing?.(syncError(errorCode));
  }

  #empty(): void {
    this.#timer?.cancel();
    this.#gathering = false;
    this.#leader = '';
    this.state = 'Empty';
  }
}
