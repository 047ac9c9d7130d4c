import type { Caller } from '../rpc/connection.ts';
import type { RequestOf } from '../wire/api.ts';
import type { joinGroup, syncGroup } from '../wire/apis/groups.ts';
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

/** Names as DescribeGroups gives them. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

type JoinRequest = RequestOf<typeof joinGroup>;
type SyncRequest = RequestOf<typeof syncGroup>;

export interface Identity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

const shortestSessionMs = 100;
const longestSessionMs = 1_800_000;

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
  readonly #members = new Map<string, Member>();
  /** Ids that were given out with MEMBER_ID_REQUIRED and have not come back yet. */
  readonly #promised = new Map<string, Timer>();
  #leader = '';
  #timer: Timer | undefined;
  #gathering = false;

  constructor(id: string, world: World, initialDelayMs: number) {
    this.id = id;
    this.#world = world;
    this.#initialDelayMs = initialDelayMs;
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  join(request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const refusal = this.#refuseJoin(request);
    if (refusal !== undefined) return joinError(refusal, request.memberId);
    const known = this.#find(request);
    if (typeof known === 'number') return joinError(known, request.memberId);
    if (known !== undefined) return this.#rejoin(known, request, caller);
    const promised = this.#promised.get(request.memberId);
    if (request.memberId !== '' && promised === undefined) return joinError(code.UNKNOWN_MEMBER_ID, request.memberId);
    promised?.cancel();
    this.#promised.delete(request.memberId);
    if (request.memberId === '' && caller.version >= 4 && request.groupInstanceId === null) {
      return joinError(code.MEMBER_ID_REQUIRED, this.#promise(request, caller));
    }
    const member = this.#add(
      request.memberId === '' ? this.#newId(request, caller) : request.memberId,
      request,
      caller,
    );
    return this.#park(member);
  }

  sync(request: SyncRequest): Promise<SyncAnswer> | SyncAnswer {
    const member = this.#find(request);
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
    const member = this.#find(identity);
    if (typeof member === 'number') return member;
    if (member === undefined) return code.UNKNOWN_MEMBER_ID;
    if (generationId !== this.generation) return code.ILLEGAL_GENERATION;
    this.#touch(member);
    return this.state === 'PreparingRebalance' ? code.REBALANCE_IN_PROGRESS : code.NONE;
  }

  leave(identity: Identity): number {
    const promised = this.#promised.get(identity.memberId);
    if (promised !== undefined) {
      promised.cancel();
      this.#promised.delete(identity.memberId);
      this.#completeIfAllJoined();
      return code.NONE;
    }
    const member = this.#find(identity);
    if (typeof member === 'number') return member;
    if (member === undefined) return code.UNKNOWN_MEMBER_ID;
    this.#remove(member);
    return code.NONE;
  }

  /** Whether a commit may be taken; `NONE` or the error code. A member's commit counts as a sign of life. */
  mayCommit(generationId: number, identity: Identity): number {
    const outsider = generationId < 0 && identity.memberId === '' && identity.groupInstanceId === null;
    if (outsider) return this.#members.size === 0 ? code.NONE : code.UNKNOWN_MEMBER_ID;
    const member = this.#find(identity);
    if (typeof member === 'number') return member;
    if (member === undefined) return code.UNKNOWN_MEMBER_ID;
    if (generationId !== this.generation) return code.ILLEGAL_GENERATION;
    this.#touch(member);
    return this.state === 'CompletingRebalance' ? code.REBALANCE_IN_PROGRESS : code.NONE;
  }

  /** Stops all timers; parked requests are not answered any more. */
  stop(): void {
    this.#timer?.cancel();
    for (const member of this.#members.values()) member.session?.cancel();
    for (const timer of this.#promised.values()) timer.cancel();
  }

  #refuseJoin({
    sessionTimeoutMs,
    protocolType,
    protocols,
    groupInstanceId,
    memberId,
  }: JoinRequest): number | undefined {
    if (sessionTimeoutMs < shortestSessionMs || sessionTimeoutMs > longestSessionMs)
      return code.INVALID_SESSION_TIMEOUT;
    if (protocols.length === 0) return code.INCONSISTENT_GROUP_PROTOCOL;
    const others = this.members.filter(
      (one) => one.id !== memberId && (groupInstanceId === null || one.instanceId !== groupInstanceId),
    );
    if (others.length === 0) return undefined;
    const fits = protocolType === this.protocolType && commonProtocol([{ protocols }, ...others]) !== undefined;
    return fits ? undefined : code.INCONSISTENT_GROUP_PROTOCOL;
  }

  /** The member meant; for a static one (KIP-345) an id that is not the current one has been replaced and is fenced. */
  #find({ memberId, groupInstanceId }: Identity): Member | number | undefined {
    if (groupInstanceId === null) return this.#members.get(memberId);
    const member = this.members.find((one) => one.instanceId === groupInstanceId);
    if (member === undefined || memberId === '' || member.id === memberId) return member;
    return code.FENCED_INSTANCE_ID;
  }

  #rejoin(member: Member, request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const changed = !sameProtocols(member.protocols, request.protocols);
    const wasLeader = member.id === this.#leader;
    const restarted = request.memberId === '';
    const current = restarted ? this.#replace(member, request, caller) : member;
    current.protocols = request.protocols;
    current.sessionTimeoutMs = request.sessionTimeoutMs;
    current.rebalanceTimeoutMs = rebalanceTimeoutOf(request);
    const repeated = this.state === 'CompletingRebalance' && !changed && !restarted;
    // A restarted static member takes up its old assignment. If it led, it is told that its old self leads, so that it
    // does not compute a new one (Kafka does the same).
    const unmoved = this.state === 'Stable' && !changed && (restarted || !wasLeader);
    if (!repeated && !unmoved) return this.#park(current);
    this.#touch(current);
    return this.#joined(current, restarted && wasLeader ? member.id : this.#leader);
  }

  #replace(old: Member, request: JoinRequest, caller: Caller): Member {
    old.session?.cancel();
    old.joining?.(joinError(code.FENCED_INSTANCE_ID, old.id));
    old.syncing?.(syncError(code.FENCED_INSTANCE_ID));
    this.#members.delete(old.id);
    const member = this.#add(this.#newId(request, caller), request, caller);
    member.assignment = old.assignment;
    if (this.#leader === old.id) this.#leader = member.id;
    return member;
  }

  #add(id: string, request: JoinRequest, caller: Caller): Member {
    if (this.#members.size === 0) this.protocolType = request.protocolType;
    const member: Member = {
      id,
      instanceId: request.groupInstanceId,
      clientId: caller.clientId,
      clientHost: caller.host,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: rebalanceTimeoutOf(request),
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
      assignment: Buffer.alloc(0),
      joining: undefined,
      syncing: undefined,
      session: undefined,
    };
    this.#members.set(id, member);
    return member;
  }

  #newId(request: JoinRequest, caller: Caller): string {
    return `${request.groupInstanceId ?? caller.clientId}-${this.#world.random.bytes(16).toString('hex')}`;
  }

  #promise(request: JoinRequest, caller: Caller): string {
    const id = this.#newId(request, caller);
    const forget = () => {
      this.#promised.delete(id);
      this.#completeIfAllJoined();
    };
    this.#promised.set(id, this.#world.clock.setTimer(request.sessionTimeoutMs, forget));
    return id;
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
    for (const member of this.#members.values()) {
      if (member.syncing === undefined) continue;
      member.syncing(syncError(code.REBALANCE_IN_PROGRESS));
      member.syncing = undefined;
      this.#touch(member);
    }
    this.#timer?.cancel();
    const longestMs = Math.max(...this.members.map((one) => one.rebalanceTimeoutMs));
    this.#timer = this.#world.clock.setTimer(this.#gathering ? this.#initialDelayMs : longestMs, () =>
      this.#giveUpWaiting(),
    );
    if (!this.#gathering) this.#completeIfAllJoined();
  }

  #completeIfAllJoined(): void {
    if (this.state !== 'PreparingRebalance' || this.#gathering) return;
    if (this.#promised.size > 0 || this.members.some(({ joining }) => joining === undefined)) return;
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
    const longestMs = Math.max(...this.members.map((one) => one.rebalanceTimeoutMs));
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
    for (const member of this.#members.values()) {
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
    member.session?.cancel();
    member.joining?.(joinError(errorCode, member.id));
    member.syncing?.(syncError(errorCode));
    this.#members.delete(member.id);
  }

  #empty(): void {
    this.#timer?.cancel();
    this.#gathering = false;
    this.#leader = '';
    this.state = 'Empty';
  }
}

/** Version 0 has no rebalance timeout: the session's stands in. */
function rebalanceTimeoutOf(request: JoinRequest): number {
  return request.rebalanceTimeoutMs > 0 ? request.rebalanceTimeoutMs : request.sessionTimeoutMs;
}
