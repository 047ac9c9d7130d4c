import type { Caller } from '../rpc/connection.ts';
import type { RequestOf } from '../wire/api.ts';
import type { syncGroup } from '../wire/apis/groups.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { type JoinAnswer, joinError, type Member, type SyncAnswer, syncError, turnAway } from './member.ts';
import { type Identity, type JoinRequest, Members } from './members.ts';
import { sameProtocols } from './protocols.ts';
import { type GroupState, Rebalance } from './rebalance.ts';

type SyncRequest = RequestOf<typeof syncGroup>;

/** Session timeouts that are accepted. Kafka's shortest is 6 s; tests of failures want to see them sooner. */
const sessionLimitsMs = { shortest: 100, longest: 1_800_000 };

/**
 * One consumer group in Kafka's classic protocol: who may do what, after Kafka's GroupCoordinator. Memberships live in
 * memory only: after a restart of the coordinator members are unknown and join anew, while the committed offsets come
 * back from the log.
 */
export class Group {
  readonly id: string;
  readonly #members: Members;
  readonly #rebalance: Rebalance;
  readonly #deserted: (group: Group) => void;

  /** `deserted` is called when nobody is in it or on the way in any more. */
  constructor(id: string, world: World, initialDelayMs: number, deserted: (group: Group) => void = () => {}) {
    this.id = id;
    this.#members = new Members(world);
    this.#rebalance = new Rebalance(world, this.#members, initialDelayMs, () => this.#tellIfDeserted());
    this.#deserted = deserted;
  }

  get members(): readonly Member[] {
    return this.#members.all;
  }

  get state(): GroupState {
    return this.#rebalance.state;
  }

  get protocolType(): string {
    return this.#members.protocolType;
  }

  get protocol(): string {
    return this.#rebalance.protocol;
  }

  get isDeserted(): boolean {
    return this.state === 'Empty' && this.#members.promisedCount === 0;
  }

  join(request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return joinError(refusal, request.memberId);
    if (request.memberId === '') return this.#joinAnew(request, caller);
    if (this.#members.redeem(request.memberId)) return this.#rebalance.park(this.#members.add(request, caller));
    const member = this.#members.identify(request);
    return typeof member === 'number' ? joinError(member, request.memberId) : this.#rejoin(member, request);
  }

  sync(request: SyncRequest): Promise<SyncAnswer> | SyncAnswer {
    const member = this.#members.identify(request);
    if (typeof member === 'number') return syncError(member);
    if (request.generationId !== this.#rebalance.generation) return syncError(code.ILLEGAL_GENERATION);
    const typeDiffers = request.protocolType !== null && request.protocolType !== this.protocolType;
    const nameDiffers = request.protocolName !== null && request.protocolName !== this.protocol;
    if (typeDiffers || nameDiffers) return syncError(code.INCONSISTENT_GROUP_PROTOCOL);
    if (this.state === 'PreparingRebalance') return syncError(code.REBALANCE_IN_PROGRESS);
    return this.#rebalance.settle(member, request.assignments);
  }

  heartbeat(generationId: number, identity: Identity): number {
    const member = this.#members.identify(identity);
    if (typeof member === 'number') return member;
    if (generationId !== this.#rebalance.generation) return code.ILLEGAL_GENERATION;
    this.#rebalance.watch(member);
    return this.state === 'PreparingRebalance' ? code.REBALANCE_IN_PROGRESS : code.NONE;
  }

  /** An operator names a static member by its instance id alone. */
  leave(identity: Identity): number {
    if (this.#members.redeem(identity.memberId)) {
      this.#promiseEnded();
      return code.NONE;
    }
    const member =
      identity.memberId === ''
        ? (this.#members.withInstance(identity.groupInstanceId) ?? code.UNKNOWN_MEMBER_ID)
        : this.#members.identify(identity);
    if (typeof member === 'number') return member;
    this.#rebalance.remove(member);
    return code.NONE;
  }

  /**
   * Whether a commit may be taken; `NONE` or the error code. Without a generation it comes from outside, which only an
   * empty group allows. A member's commit counts as a sign of life, and is still taken while a rebalance is prepared: the
   * member has not given its partitions away.
   */
  mayCommit(generationId: number, identity: Identity): number {
    if (generationId < 0 && this.state === 'Empty') return code.NONE;
    const member = this.#members.identify(identity);
    if (typeof member === 'number') return member;
    if (generationId !== this.#rebalance.generation) return code.ILLEGAL_GENERATION;
    if (this.state === 'CompletingRebalance') return code.REBALANCE_IN_PROGRESS;
    this.#rebalance.watch(member);
    return code.NONE;
  }

  /** Ends it: whoever is parked here gets the error, timers stop. */
  dissolve(errorCode: number): void {
    this.#rebalance.stop();
    for (const member of this.members) turnAway(member, errorCode);
    this.#members.clear();
  }

  #refusal({ sessionTimeoutMs, protocolType, protocols }: JoinRequest): number | undefined {
    if (sessionTimeoutMs < sessionLimitsMs.shortest || sessionTimeoutMs > sessionLimitsMs.longest) {
      return code.INVALID_SESSION_TIMEOUT;
    }
    const typeFits = this.state === 'Empty' ? protocolType !== '' : protocolType === this.protocolType;
    return typeFits && this.#members.canSpeak(protocols) ? undefined : code.INCONSISTENT_GROUP_PROTOCOL;
  }

  /** Somebody who has no id yet, or who has lost it with its process. */
  #joinAnew(request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const former = this.#members.withInstance(request.groupInstanceId);
    if (former !== undefined) return this.#comeBack(former, request, caller);
    if (request.groupInstanceId === null && caller.version >= 4) {
      const id = this.#members.promise(request, caller, () => this.#promiseEnded());
      return joinError(code.MEMBER_ID_REQUIRED, id);
    }
    return this.#rebalance.park(this.#members.add(request, caller));
  }

  /**
   * A static member is back after a restart (KIP-345). It takes up its assignment without a rebalance, even with other
   * metadata: an assignor's own data differs in every life. Where the vote would now end otherwise there must be one.
   */
  #comeBack(former: Member, request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const rebalance = this.#rebalance;
    const formerLeader = rebalance.leader;
    turnAway(former, code.FENCED_INSTANCE_ID);
    const member = this.#members.replace(former, request, caller);
    if (formerLeader === former.id) rebalance.leader = member.id;
    if (this.state !== 'Stable' || this.#members.electedProtocol !== this.protocol) return rebalance.park(member);
    rebalance.watch(member);
    const answer = rebalance.answerFor(member);
    // A leader that came back is told that its former self leads, so that it does not work out an assignment that nobody
    // would take; from version 9 on it can be told so (KIP-814).
    if (caller.version < 9) return { ...answer, leader: formerLeader, members: [] };
    return { ...answer, skipAssignment: member.id === rebalance.leader };
  }

  /**
   * A rebalance is due if the member's metadata changed or if it leads: that is how a leader asks for a new assignment,
   * say because a topic grew. Otherwise its answer got lost, or it wants to hear where we are.
   */
  #rejoin(member: Member, request: JoinRequest): Promise<JoinAnswer> | JoinAnswer {
    const changed = !sameProtocols(member.protocols, request.protocols);
    this.#members.update(member, request);
    const leads = member.id === this.#rebalance.leader;
    const isSettled = this.state === 'CompletingRebalance' || (this.state === 'Stable' && !leads);
    if (changed || !isSettled) return this.#rebalance.park(member);
    this.#rebalance.watch(member);
    return this.#rebalance.answerFor(member);
  }

  #promiseEnded(): void {
    this.#rebalance.completeIfAllJoined();
    this.#tellIfDeserted();
  }

  #tellIfDeserted(): void {
    if (this.isDeserted) this.#deserted(this);
  }
}
