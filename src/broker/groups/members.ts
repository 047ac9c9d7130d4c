import type { Caller } from '../rpc/connection.ts';
import type { RequestOf } from '../wire/api.ts';
import type { joinGroup } from '../wire/apis/groups.ts';
import { code } from '../wire/codes.ts';
import type { Timer, World } from '../world/world.ts';
import { commonProtocol, type Member, type Protocol } from './member.ts';

export type JoinRequest = RequestOf<typeof joinGroup>;

const shortestSessionMs = 100;
const longestSessionMs = 1_800_000;

/** How a request names a member. */
export interface Identity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Who is in a group, and which ids were given out with MEMBER_ID_REQUIRED (KIP-394) and have not come back yet. */
export class Members {
  readonly #world: World;
  readonly #byId = new Map<string, Member>();
  readonly #promised = new Map<string, Timer>();

  constructor(world: World) {
    this.#world = world;
  }

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
    return Math.max(...this.all.map((one) => one.rebalanceTimeoutMs));
  }

  /** The member meant. A static one (KIP-345) that comes under an id that is not its current one was replaced: fenced. */
  find({ memberId, groupInstanceId }: Identity): Member | number | undefined {
    if (groupInstanceId === null) return this.#byId.get(memberId);
    const member = this.all.find((one) => one.instanceId === groupInstanceId);
    if (member === undefined || memberId === '' || member.id === memberId) return member;
    return code.FENCED_INSTANCE_ID;
  }

  /** The error code of a request that may not join, whoever it is from. */
  refuse({ sessionTimeoutMs, protocolType, protocols, ...who }: JoinRequest, currentType: string): number | undefined {
    if (sessionTimeoutMs < shortestSessionMs || sessionTimeoutMs > longestSessionMs)
      return code.INVALID_SESSION_TIMEOUT;
    if (protocols.length === 0) return code.INCONSISTENT_GROUP_PROTOCOL;
    const isSelf = ({ id, instanceId }: Member) =>
      id === who.memberId || (instanceId !== null && instanceId === who.groupInstanceId);
    const others = this.all.filter((one) => !isSelf(one));
    if (others.length === 0) return undefined;
    const fits = protocolType === currentType && commonProtocol([{ protocols }, ...others]) !== undefined;
    return fits ? undefined : code.INCONSISTENT_GROUP_PROTOCOL;
  }

  add(request: JoinRequest, caller: Caller): Member {
    const member: Member = {
      id: request.memberId === '' ? this.#newId(request, caller) : request.memberId,
      instanceId: request.groupInstanceId,
      clientId: caller.clientId,
      clientHost: caller.host,
      sessionTimeoutMs: 0,
      rebalanceTimeoutMs: 0,
      protocols: [],
      assignment: Buffer.alloc(0),
      joining: undefined,
      syncing: undefined,
      session: undefined,
    };
    this.update(member, request);
    this.#byId.set(member.id, member);
    return member;
  }

  update(member: Member, request: JoinRequest): void {
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    // Version 0 has no rebalance timeout: the session's stands in.
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs > 0 ? request.rebalanceTimeoutMs : request.sessionTimeoutMs;
    member.protocols = request.protocols.map(ownProtocol);
  }

  remove(member: Member): void {
    member.session?.cancel();
    this.#byId.delete(member.id);
  }

  /** Gives out an id that is good for one session timeout. */
  promise(request: JoinRequest, caller: Caller, expired: () => void): string {
    const id = this.#newId(request, caller);
    const forget = () => {
      this.#promised.delete(id);
      expired();
    };
    this.#promised.set(id, this.#world.clock.setTimer(request.sessionTimeoutMs, forget));
    return id;
  }

  /** Takes a promised id back; false if it was not promised or has expired. */
  redeem(id: string): boolean {
    this.#promised.get(id)?.cancel();
    return this.#promised.delete(id);
  }

  stop(): void {
    for (const member of this.#byId.values()) member.session?.cancel();
    for (const timer of this.#promised.values()) timer.cancel();
  }

  #newId(request: JoinRequest, caller: Caller): string {
    return `${request.groupInstanceId ?? caller.clientId}-${this.#world.random.bytes(16).toString('hex')}`;
  }
}

/** A copy: the request's bytes are a view of a whole read from the socket. */
function ownProtocol({ name, metadata }: Protocol): Protocol {
  return { name, metadata: Buffer.from(metadata) };
}
