import type { Caller } from '../rpc/route.ts';
import type { RequestOf } from '../wire/api.ts';
import type { joinGroup } from '../wire/apis/groups.ts';
import { code } from '../wire/codes.ts';
import type { Timer, World } from '../world/world.ts';
import type { Member } from './member.ts';
import { commonProtocols, electedProtocol, type Protocol } from './protocols.ts';

export type JoinRequest = RequestOf<typeof joinGroup>;

/** Of a client's id, so that the member's id fits into every answer that names it, whoever asks. */
const idBeginChars = 255;

/** How a request names a member. */
export interface Identity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** The members of a group, and the ids that were given out with MEMBER_ID_REQUIRED (KIP-394) and not used yet. */
export class Members {
  /** The protocol type of the first member: `consumer`, or the word of another kind of application. */
  protocolType = '';
  readonly #world: World;
  readonly #byId = new Map<string, Member>();
  readonly #promised = new Map<string, Timer>();

  constructor(world: World) {
    this.#world = world;
  }

  /** All members, the oldest first. */
  get all(): readonly Member[] {
    return [...this.#byId.values()];
  }

  get size(): number {
    return this.#byId.size;
  }

  get promisedCount(): number {
    return this.#promised.size;
  }

  get longestRebalanceTimeoutMs(): number {
    return Math.max(0, ...this.all.map((one) => one.rebalanceTimeoutMs));
  }

  /** The protocol that the members elect. */
  get electedProtocol(): string {
    return electedProtocol(this.all);
  }

  /**
   * Whether these protocols and those of all members have one in common. For a member that joins again, the protocols of
   * its last join count as well.
   */
  canSpeak(protocols: readonly Protocol[]): boolean {
    return commonProtocols([{ protocols }, ...this.all]).length > 0;
  }

  /** The member that has this instance id now (KIP-345). */
  withInstance(instanceId: string | null): Member | undefined {
    return instanceId === null ? undefined : this.all.find((one) => one.instanceId === instanceId);
  }

  /** The member that sent a request, or the error code: a static member that another one has replaced is fenced. */
  identify({ memberId, groupInstanceId }: Identity): Member | number {
    const holder = this.withInstance(groupInstanceId);
    if (holder !== undefined && holder.id !== memberId) return code.FENCED_INSTANCE_ID;
    if (holder === undefined && groupInstanceId !== null) return code.UNKNOWN_MEMBER_ID;
    return this.#byId.get(memberId) ?? code.UNKNOWN_MEMBER_ID;
  }

  add(request: JoinRequest, caller: Caller): Member {
    if (this.size === 0) this.protocolType = request.protocolType;
    const member: Member = {
      id: request.memberId === '' ? this.#newId(request, caller) : request.memberId,
      instanceId: request.groupInstanceId,
      clientId: caller.clientId,
      clientHost: caller.host,
      sessionTimeoutMs: 0,
      rebalanceTimeoutMs: 0,
      protocols: [],
      assignment: Buffer.alloc(0),
      isNew: true,
      owesSync: false,
      joining: undefined,
      syncing: undefined,
      session: undefined,
    };
    this.update(member, request);
    this.#byId.set(member.id, member);
    return member;
  }

  /** Replaces a static member by itself after a restart, under a new id. */
  replace(former: Member, request: JoinRequest, caller: Caller): Member {
    const { assignment, isNew, owesSync } = former;
    this.remove(former);
    return Object.assign(this.add(request, caller), { assignment, isNew, owesSync });
  }

  update(member: Member, request: JoinRequest): void {
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    // Version 0 has no rebalance timeout: the session timeout takes its place.
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs > 0 ? request.rebalanceTimeoutMs : request.sessionTimeoutMs;
    member.protocols = request.protocols.map(ownProtocol);
  }

  remove(member: Member): void {
    member.session?.cancel();
    this.#byId.delete(member.id);
  }

  /** Gives out an id that is valid for one session timeout. */
  promise(request: JoinRequest, caller: Caller, expired: () => void): string {
    const id = this.#newId(request, caller);
    const forget = () => {
      this.#promised.delete(id);
      expired();
    };
    this.#promised.set(id, this.#world.clock.setTimer(request.sessionTimeoutMs, forget));
    return id;
  }

  /** Accepts an id that was given out. False if it was not, or has expired. */
  redeem(id: string): boolean {
    this.#promised.get(id)?.cancel();
    return this.#promised.delete(id);
  }

  /** Forgets all members and all ids that were given out. */
  clear(): void {
    for (const member of this.all) this.remove(member);
    for (const id of this.#promised.keys()) this.redeem(id);
  }

  #newId(request: JoinRequest, caller: Caller): string {
    const begin = (request.groupInstanceId ?? caller.clientId).slice(0, idBeginChars);
    return `${begin}-${this.#world.random.bytes(16).toString('hex')}`;
  }
}

/** A copy, because the request's bytes are a view of a large buffer from the socket, which would be kept with them. */
function ownProtocol({ name, metadata }: Protocol): Protocol {
  return { name, metadata: Buffer.from(metadata) };
}
