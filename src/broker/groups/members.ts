import type { Caller } from '../rpc/route.ts';
import type { RequestOf } from '../wire/api.ts';
import type { joinGroup } from '../wire/apis/groups.ts';
import { code } from '../wire/codes.ts';
import type { Timer, World } from '../world/world.ts';
import type { Member } from './member.ts';
import { commonProtocols, electedProtocol, type Protocol } from './protocols.ts';

export type JoinRequest = RequestOf<typeof joinGroup>;

/**
 * What the members of all groups of a node may be together: a member stays for its session, also when its connection is
 * gone. Ids that were promised count as members.
 */
const limits = { members: 20_000, metadataBytes: 64 * 1024 * 1024 } as const;

/** How much the members of all groups of a node are. */
export class MemberTally {
  #members = 0;
  #metadataBytes = 0;

  get isFull(): boolean {
    return this.#members >= limits.members || this.#metadataBytes >= limits.metadataBytes;
  }

  count(members: number, metadataBytes: number): void {
    this.#members += members;
    this.#metadataBytes += metadataBytes;
  }
}

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
  readonly #tally: MemberTally;

  constructor(world: World, tally: MemberTally) {
    this.#world = world;
    this.#tally = tally;
  }

  /** Whether the node may remember more members. */
  get hasRoom(): boolean {
    return !this.#tally.isFull;
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
    this.#tally.count(1, 0);
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
    this.#tally.count(0, metadataBytes(request.protocols) - metadataBytes(member.protocols));
    member.protocols = request.protocols.map(ownProtocol);
  }

  remove(member: Member): void {
    member.session?.cancel();
    if (this.#byId.delete(member.id)) this.#tally.count(-1, -metadataBytes(member.protocols));
  }

  /** Gives out an id that is valid for one session timeout. */
  promise(request: JoinRequest, caller: Caller, expired: () => void): string {
    const id = this.#newId(request, caller);
    const forget = () => {
      this.#forgetPromise(id);
      expired();
    };
    this.#tally.count(1, 0);
    this.#promised.set(id, this.#world.clock.setTimer(request.sessionTimeoutMs, forget));
    return id;
  }

  /** Accepts an id that was given out. False if it was not, or has expired. */
  redeem(id: string): boolean {
    this.#promised.get(id)?.cancel();
    return this.#forgetPromise(id);
  }

  /** Forgets all members and all ids that were given out. */
  clear(): void {
    for (const member of this.all) this.remove(member);
    for (const id of this.#promised.keys()) this.redeem(id);
  }

  #forgetPromise(id: string): boolean {
    const wasThere = this.#promised.delete(id);
    if (wasThere) this.#tally.count(-1, 0);
    return wasThere;
  }

  #newId(request: JoinRequest, caller: Caller): string {
    const begin = (request.groupInstanceId ?? caller.clientId).slice(0, idBeginChars);
    return `${begin}-${this.#world.random.bytes(16).toString('hex')}`;
  }
}

export function metadataBytes(protocols: readonly Protocol[]): number {
  return protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0);
}

/** A copy, because the request's bytes are a view of a large buffer from the socket, which would be kept with them. */
function ownProtocol({ name, metadata }: Protocol): Protocol {
  return { name, metadata: Buffer.from(metadata) };
}
