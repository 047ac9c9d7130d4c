import type { Caller } from '../rpc/route.ts';
import type { Store } from '../store/store.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { type CommittedOffset, type CommittedOffsets, groupDeletedEntry, offsetsEntry } from './committed.ts';
import { Group } from './group.ts';
import { type JoinAnswer, joinError } from './member.ts';
import { type Identity, type JoinRequest, MemberTally } from './members.ts';

/**
 * How long a group is known that has neither members nor committed offsets, as Kafka keeps it until it next looks for
 * what has expired (offsets.retention.check.interval.ms), and how many of them.
 */
const desertedLimits = { keptMs: 600_000, groups: 10_000 } as const;

/** The groups that this node coordinates, and their committed offsets in its log. */
export class Coordinator {
  readonly committed: CommittedOffsets;
  readonly #world: World;
  readonly #store: Store;
  readonly #initialDelayMs: number;
  readonly #groups = new Map<string, Group>();
  readonly #tally = new MemberTally();
  readonly #committedAtMs = new Map<string, number>();
  /** Groups that were left by all, and since when, the earliest first. Some may have members again. */
  readonly #desertedAtMs = new Map<string, number>();

  constructor(world: World, store: Store, committed: CommittedOffsets, initialDelayMs: number) {
    this.#world = world;
    this.#store = store;
    this.committed = committed;
    this.#initialDelayMs = initialDelayMs;
  }

  /** The group; undefined if it has no committed offsets, and no members, not of late either. */
  find(id: string): Group | undefined {
    this.#forgetDeserted();
    return this.#groups.get(id) ?? (this.committed.has(id) ? this.#make(id) : undefined);
  }

  list(): Group[] {
    this.#forgetDeserted();
    const ids = new Set([...this.committed.groupIds(), ...this.#groups.keys()]);
    return [...ids].map((id) => this.#groups.get(id) ?? this.#make(id));
  }

  /** A member without an id may create the group. One with an id must have got it in a group that exists. */
  join(request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const found = this.find(request.groupId);
    if (found === undefined && request.memberId !== '') return joinError(code.UNKNOWN_MEMBER_ID, request.memberId);
    const group = found ?? this.#make(request.groupId);
    const answer = group.join(request, caller);
    if (group.isDeserted) this.#drop(group);
    return answer;
  }

  /** `NONE` if a commit may be taken, else the error code. A commit from outside a group may create the group. */
  mayCommit(groupId: string, generationId: number, identity: Identity): number {
    const absent = generationId < 0 ? code.NONE : code.ILLEGAL_GENERATION;
    return this.find(groupId)?.mayCommit(generationId, identity) ?? absent;
  }

  /** Writes a commit. Returns the position after its entry: the commit may be answered when that is protected. */
  commit(groupId: string, offsets: readonly CommittedOffset[]): Promise<number> {
    return this.#store.write(offsetsEntry(groupId, offsets), (end) => {
      this.committed.put(groupId, offsets, end);
      this.#committedAtMs.set(groupId, this.#world.clock.nowMs());
    });
  }

  /** When the group last committed, on the clock of the world; undefined: not since this node coordinates it. */
  committedAtMs(groupId: string): number | undefined {
    return this.#committedAtMs.get(groupId);
  }

  /** `NONE` if the group can be deleted, else the error code. */
  mayDelete(id: string): number {
    const group = this.find(id);
    if (group === undefined) return code.GROUP_ID_NOT_FOUND;
    return group.state === 'Empty' ? code.NONE : code.NON_EMPTY_GROUP;
  }

  /** Writes the deletion of a group. Returns the position after its entry: it may be answered when that is protected. */
  async delete(id: string): Promise<number> {
    const end = await this.#store.write(groupDeletedEntry(id), (end) => this.committed.deleteGroup(id, end));
    this.#committedAtMs.delete(id);
    // If a member joined while the entry was being written, the group stays, without offsets.
    if (this.#groups.get(id)?.isDeserted) this.#groups.delete(id);
    return end;
  }

  /**
   * This node is no longer leader. It ends all memberships, because the groups may have other members when this node
   * coordinates them again. Members whose requests are parked are told NOT_COORDINATOR, and find the new coordinator.
   */
  resign(): void {
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    this.#committedAtMs.clear();
    this.#desertedAtMs.clear();
    for (const group of groups) group.dissolve(code.NOT_COORDINATOR);
  }

  #make(id: string): Group {
    const group = new Group(id, this.#world, this.#initialDelayMs, (deserted) => this.#drop(deserted), this.#tally);
    this.#groups.set(id, group);
    return group;
  }

  /**
   * Forgets a group that nobody is in: at once if nobody ever was, later if it has no committed offsets. One that has is
   * kept, because its generation must not start again.
   */
  #drop(group: Group): void {
    if (this.committed.has(group.id) || this.#groups.get(group.id) !== group) return;
    if (!group.hadMembers) {
      this.#groups.delete(group.id);
      return;
    }
    this.#desertedAtMs.delete(group.id);
    this.#desertedAtMs.set(group.id, this.#world.clock.nowMs());
    this.#forgetDeserted();
  }

  #forgetDeserted(): void {
    const beforeMs = this.#world.clock.nowMs() - desertedLimits.keptMs;
    for (const [id, sinceMs] of this.#desertedAtMs) {
      if (sinceMs > beforeMs && this.#desertedAtMs.size <= desertedLimits.groups) return;
      this.#desertedAtMs.delete(id);
      if (this.#groups.get(id)?.isDeserted && !this.committed.has(id)) this.#groups.delete(id);
    }
  }
}
