import type { Caller } from '../rpc/connection.ts';
import type { Store } from '../store/store.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { type CommittedOffset, type CommittedOffsets, groupDeletedEntry, offsetsEntry } from './committed.ts';
import { Group } from './group.ts';
import { type JoinAnswer, joinError } from './member.ts';
import type { Identity, JoinRequest } from './members.ts';

/** The groups that this node coordinates, and their committed offsets in its log. */
export class Coordinator {
  readonly committed: CommittedOffsets;
  readonly #world: World;
  readonly #store: Store;
  readonly #initialDelayMs: number;
  readonly #groups = new Map<string, Group>();

  constructor(world: World, store: Store, committed: CommittedOffsets, initialDelayMs: number) {
    this.#world = world;
    this.#store = store;
    this.committed = committed;
    this.#initialDelayMs = initialDelayMs;
  }

  /** The group if there is one: it has offsets, members, or somebody on the way in. */
  find(id: string): Group | undefined {
    return this.#groups.get(id) ?? (this.committed.has(id) ? this.#make(id) : undefined);
  }

  list(): Group[] {
    const ids = new Set([...this.committed.groupIds(), ...this.#groups.keys()]);
    return [...ids].map((id) => this.#groups.get(id) ?? this.#make(id));
  }

  /** A newcomer may found the group; who brings a member id must have it from somewhere. */
  join(request: JoinRequest, caller: Caller): Promise<JoinAnswer> | JoinAnswer {
    const found = this.find(request.groupId);
    if (found === undefined && request.memberId !== '') return joinError(code.UNKNOWN_MEMBER_ID, request.memberId);
    const group = found ?? this.#make(request.groupId);
    const answer = group.join(request, caller);
    if (group.isDeserted) this.#drop(group);
    return answer;
  }

  /** Whether a commit may be taken; `NONE` or the error code. One from outside may be the first thing of its group. */
  mayCommit(groupId: string, generationId: number, identity: Identity): number {
    const absent = generationId < 0 ? code.NONE : code.ILLEGAL_GENERATION;
    return this.find(groupId)?.mayCommit(generationId, identity) ?? absent;
  }

  /** Writes a commit; returns the end of the log behind it: once that is protected, it may be answered. */
  commit(groupId: string, offsets: readonly CommittedOffset[]): Promise<number> {
    return this.#store.write(offsetsEntry(groupId, offsets), (end) => this.committed.put(groupId, offsets, end));
  }

  /** Why the group cannot be deleted; `NONE` if it can. */
  mayDelete(id: string): number {
    const group = this.find(id);
    if (group === undefined) return code.GROUP_ID_NOT_FOUND;
    return group.state === 'Empty' ? code.NONE : code.NON_EMPTY_GROUP;
  }

  /** Returns the end of the log behind the entry that says so: once that is protected, it may be answered. */
  async delete(id: string): Promise<number> {
    const end = await this.#store.write(groupDeletedEntry(id), (end) => this.committed.deleteGroup(id, end));
    // Somebody may have joined while the entry was being written: the group stays, without offsets.
    const group = this.#groups.get(id);
    if (group?.isDeserted) this.#drop(group);
    return end;
  }

  /**
   * This node leads no more: memberships end here, because these groups may have other members by the time they come back.
   * Whoever is parked is told NOT_COORDINATOR and finds the new coordinator.
   */
  resign(): void {
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    for (const group of groups) group.dissolve(code.NOT_COORDINATOR);
  }

  #make(id: string): Group {
    const group = new Group(id, this.#world, this.#initialDelayMs, (deserted) => this.#drop(deserted));
    this.#groups.set(id, group);
    return group;
  }

  /** A group is kept as long as it has offsets, because of its generation. */
  #drop(group: Group): void {
    if (!this.committed.has(group.id) && this.#groups.get(group.id) === group) this.#groups.delete(group.id);
  }
}
