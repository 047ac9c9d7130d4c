import type { Caller } from '../rpc/route.ts';
import type { RequestOf } from '../wire/api.ts';
import type { syncGroup } from '../wire/apis/groups.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { type JoinAnswer, joinError, type Member, type SyncAnswer, syncError, turnAway } from './member.ts';
import { type Identity, type JoinRequest, Members, MemberTally, metadataBytes } from './members.ts';
import { sameProtocols, subscribedTopics } from './protocols.ts';
import { type GroupState, Rebalance } from './rebalance.ts';

type SyncRequest = RequestOf<typeof syncGroup>;

/** Of the protocols of one member, and of all assignments: Kafka keeps a group in one message of its own topic. */
const metadataLimitBytes = 1_048_588;

/** The session timeouts that are accepted. Kafka's shortest is 6 s; chaos tests need failures to be noticed sooner. */
const sessionLimitsMs = { shortest: 100, longest: 1_800_000 };

/**
 * One consumer group in Kafka's classic protocol: it decides which request is allowed in which state, as Kafka's
 * GroupCoordinator does. Memberships are in memory only. After a restart of the coordinator its members are unknown and
 * join again; committed offsets come from the log.
 */
export class Group {
  readonly id: string;
  readonly #members: Members;
  readonly #rebalance: Rebalance;
  readonly #deserted: (group: Group) => void;

  /**
   * @param deserted called when the group has no members and nobody is about to join
   * @param tally shared by the groups of a node
   */
  constructor(
    id: string,
    world: World,
    initialDelayMs: number,
    deserted: (group: Group) => void = () => {},
    tally: MemberTally = new MemberTally(),
  ) {
    this.id = id;
    this.#members = new Members(world, tally);
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

  /** Whether a rebalance was ever completed. */
  get hadMembers(): boolean {
    return this.#rebalance.generation > 0;
  }

  /** Whether a member may be reading the topic. */
  subscribesTo(topic: string): boolean {
    return this.members.some(({ protocols }) =>
      protocols.some(({ metadata }) => subscribedTopics(metadata)?.includes(topic) ?? true),
    );
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
    const assignedBytes = request.assignments.reduce((sum, { assignment }) => sum + assignment.length, 0);
    if (assignedBytes > metadataLimitBytes) return syncError(code.UNKNOWN_SERVER_ERROR);
    return this.#rebalance.settle(member, request.assignments);
  }

  heartbeat(generationId: number, identity: Identity): number {
    const member = this.#members.identify(identity);
    if (typeof member === 'number') return member;
    if (generationId !== this.#rebalance.generation) return code.ILLEGAL_GENERATION;
    this.#rebalance.watch(member);
    return this.state === 'PreparingRebalance' ? code.REBALANCE_IN_PROGRESS : code.NONE;
  }

  /** Removes a member. An operator names a static member by its instance id alone. */
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
   * `NONE` if a commit may be taken, else the error code. A commit without a generation comes from outside the group, which
   * only an empty group allows. A member's commit counts as a heartbeat. It is also taken while a rebalance is being
   * prepared, because the member still has its partitions then.
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

  /** Ends the group: answers all parked requests with the error, and stops all timers. */
  dissolve(errorCode: number): void {
    this.#rebalance.stop();
    for (const member of this.members) turnAway(member, errorCode);
    this.#members.clear();
  }

  #refusal({ sessionTimeoutMs, protocolType, protocols }: JoinRequest): number | undefined {
    if (sessionTimeoutMs < sessionLimitsMs.shortest || sessionTimeoutMs > sessionLimitsMs.longest) {
      return code.INVALID_SESSION_TIMEOUT;
    }
    if (metadataBytes(protocols) > metadataLimitBytes) return code.GROUP_MAX_SIZE_REACHED;
    const typeFits = this.state === 'Empty' ? protocolType !== '' : protocolType === this.protocolType;
    return typeFits && this.#members.canSpeak(protocols) ? undefined : code.INCONSISTENT_GROUP_PROTOCOL;
  }

  /** Takes a member that has no id yet, or that has lost its id with its process. */
  #joinAnew(request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const former = this.#members.withInstance(request.groupInstanceId);
    if (former === undefined && !this.#members.hasRoom) return joinError(code.GROUP_MAX_SIZE_REACHED, '');
    if (former !== undefined) return this.#comeBack(former, request, caller);
    if (request.groupInstanceId === null && caller.version >= 4) {
      const id = this.#members.promise(request, caller, () => this.#promiseEnded());
      return joinError(code.MEMBER_ID_REQUIRED, id);
    }
    return this.#rebalance.park(this.#members.add(request, caller));
  }

  /**
   * Takes back a static member after its restart (KIP-345). It gets its former assignment without a rebalance, even if its
   * metadata has changed, because assignors put different data there after every start. A rebalance is only needed if the
   * members would now elect another protocol.
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
    // A leader that was restarted must not make a new assignment, because nobody would take it. From version 9 on an answer
    // can say so (KIP-814). Before, the answer names the member's former id as leader.
    if (caller.version < 9) return { ...answer, leader: formerLeader, members: [] };
    return { ...answer, skipAssignment: member.id === rebalance.leader };
  }

  /**
   * A member joins again. That starts a rebalance if its metadata has changed or if it is the group's leader: a leader asks
   * that way for a new assignment, for instance when a topic has more partitions. Otherwise its last answer got lost, and
   * it gets the same answer again.
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
