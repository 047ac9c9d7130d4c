import type { Store } from '../store/store.ts';
import { code } from '../wire/codes.ts';
import type { World } from '../world/world.ts';
import { type CommittedOffset, type CommittedOffsets, groupDeletedEntry, offsetsEntry } from './committed.ts';
import { Group } from './group.ts';

/** The groups that this master coordinates, and their committed offsets in its log. */
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

  /** The group; made on first use, which costs nothing that lasts. */
  group(id: string): Group {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new Group(id, this.#world, this.#initialDelayMs);
      this.#groups.set(id, group);
    }
    return group;
  }

  /** Groups that have members or offsets. */
  list(): Group[] {
    const named = new Set(this.committed.groupIds());
    for (const group of this.#groups.values()) if (group.members.length > 0) named.add(group.id);
    return [...named].map((id) => this.group(id));
  }

  exists(id: string): boolean {
    return this.committed.has(id) || (this.#groups.get(id)?.members.length ?? 0) > 0;
  }

  /** Writes a commit; returns the end of the log behind it: once that is protected, it may be answered. */
  commit(groupId: string, offsets: readonly CommittedOffset[]): Promise<number> {
    return this.#store.write(offsetsEntry(groupId, offsets), (end) => this.committed.put(groupId, offsets, end));
  }

  /** Why the group cannot be deleted; `NONE` if it can. */
  mayDelete(id: string): number {
    if (!this.exists(id)) return code.GROUP_ID_NOT_FOUND;
    return this.group(id).members.length > 0 ? code.NON_EMPTY_GROUP : code.NONE;
  }

  /** Returns the end of the log behind the entry that says so: once that is protected, it may be answered. */
  async delete(id: string): Promise<number> {
    const end = await this.#store.write(groupDeletedEntry(id), (end) => this.committed.deleteGroup(id, end));
    // Somebody may have joined while the entry was being written: the group stays, without offsets.
    const group = this.#groups.get(id);
    if (group?.isIdle) this.#groups.delete(id);
    return end;
  }

  /** This node leads no more: memberships end here, and members find their coordinator anew. */
  resign(): void {
    this.stop();
    this.#groups.clear();
  }

  stop(): void {
    for (const group of this.#groups.values()) group.stop();
  }
}
