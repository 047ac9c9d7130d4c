import { messageOf } from '../errors.ts';
import type { DerivedGroups } from '../store/checkpoint/derived-groups.ts';
import { type Entry, type EntryDraft, entryKind, noTopicId } from '../store/log/entry.ts';
import { Pending } from '../store/partitions/pending.ts';
import { Reader } from '../wire/reader.ts';
import { array, field, int32, int64, nullableString, string, struct, uuid, type ValueOf } from '../wire/types.ts';
import { Writer } from '../wire/writer.ts';

/**
 * The committed offset of one partition; a negative one deletes what was committed before. It names the topic by id, so a later topic with
 * the same name has none.
 */
const committedOffset = struct({
  topicId: field(uuid),
  partition: field(int32),
  offset: field(int64),
  leaderEpoch: field(int32),
  metadata: field(nullableString),
});

/** The body of an `offsets` entry: the offsets of one OffsetCommit request. */
const offsetsBody = struct({ groupId: field(string), offsets: field(array(committedOffset)) });
/** The body of a `groupDeleted` entry. */
const groupBody = struct({ groupId: field(string) });

/** What a checkpoint keeps of all groups. */
const savedGroups = array(offsetsBody);

export type CommittedOffset = ValueOf<typeof committedOffset>;

const plain = { version: 0, flexible: false };

/**
 * The committed offsets of all groups, as the commit log has them. A commit replaces the one before it when it is
 * protected. Offsets are kept for ever.
 */
export class CommittedOffsets implements DerivedGroups {
  readonly #groups = new Map<string, Map<string, Slot>>();
  /** Groups with commits that are not protected yet. */
  readonly #unshown = new Set<string>();

  groupIds(): string[] {
    return [...this.#groups.keys()];
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  get(groupId: string, topicId: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(keyOf(topicId, partition))?.shown;
  }

  all(groupId: string): CommittedOffset[] {
    return [...(this.#groups.get(groupId)?.values() ?? [])].flatMap(({ shown }) => shown ?? []);
  }

  /** Called once the entry is in the log. @param end of the log behind it */
  put(groupId: string, offsets: readonly CommittedOffset[], end: number): void {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = new Map();
      this.#groups.set(groupId, group);
    }
    for (const committed of offsets) {
      const key = keyOf(committed.topicId, committed.partition);
      let slot = group.get(key);
      if (slot === undefined) {
        slot = { shown: undefined, later: new Pending() };
        group.set(key, slot);
      }
      slot.later.add(end, committed.offset < 0 ? undefined : committed);
    }
    this.#unshown.add(groupId);
  }

  /** Called once the entry is in the log. @param end of the log behind it */
  deleteGroup(groupId: string, end: number): void {
    for (const slot of this.#groups.get(groupId)?.values() ?? []) slot.later.add(end, undefined);
    this.#unshown.add(groupId);
  }

  holdsTopic(topicId: string): boolean {
    for (const group of this.#groups.values()) {
      for (const key of group.keys()) if (key.startsWith(topicId)) return true;
    }
    return false;
  }

  dropTopic(topicId: string): void {
    for (const [groupId, group] of this.#groups) {
      for (const key of group.keys()) if (key.startsWith(topicId)) group.delete(key);
      if (group.size === 0) this.#groups.delete(groupId);
    }
  }

  show(position: number): boolean {
    for (const groupId of this.#unshown) if (!this.#showGroup(groupId, position)) this.#unshown.delete(groupId);
    return this.#unshown.size > 0;
  }

  /** Applies an entry that is in the log already. Returns why it cannot be right, if so. */
  apply(entry: Entry): string | undefined {
    const end = entry.position + entry.sizeBytes;
    try {
      const reader = new Reader(entry.body);
      if (entry.kind === entryKind.groupDeleted) {
        this.deleteGroup(groupBody.read(reader, plain).groupId, end);
      } else {
        const { groupId, offsets } = offsetsBody.read(reader, plain);
        this.put(groupId, offsets, end);
      }
      return undefined;
    } catch (error) {
      return `unreadable offsets: ${messageOf(error)}`;
    }
  }

  reset(): void {
    this.#groups.clear();
    this.#unshown.clear();
  }

  /** The offsets that are visible when everything is protected. */
  save(): Buffer {
    const groups = [...this.#groups].map(([groupId, slots]) => {
      const newest = ({ shown, later }: Slot) => (later.newest === undefined ? shown : later.newest.value);
      return { groupId, offsets: [...slots.values()].flatMap((slot) => newest(slot) ?? []) };
    });
    const writer = new Writer();
    savedGroups.write(
      writer,
      groups.filter(({ offsets }) => offsets.length > 0),
      plain,
    );
    return writer.finish();
  }

  load(saved: Buffer, position: number): void {
    for (const { groupId, offsets } of savedGroups.read(new Reader(saved), plain)) this.put(groupId, offsets, position);
  }

  /** Makes the protected commits of a group visible. Returns whether others are still held back. */
  #showGroup(groupId: string, position: number): boolean {
    const group = this.#groups.get(groupId);
    if (group === undefined) return false;
    let keepsBack = false;
    for (const [key, slot] of group) {
      const reached = slot.later.take(position);
      if (reached !== undefined) slot.shown = reached.value;
      if (!slot.later.isEmpty) keepsBack = true;
      else if (slot.shown === undefined) group.delete(key);
    }
    if (group.size === 0) this.#groups.delete(groupId);
    return keepsBack;
  }
}

interface Slot {
  shown: CommittedOffset | undefined;
  /** What replaces `shown` when it is protected; `undefined` deletes the offset. */
  readonly later: Pending<CommittedOffset | undefined>;
}

export function offsetsEntry(groupId: string, offsets: readonly CommittedOffset[]): EntryDraft {
  const writer = new Writer();
  offsetsBody.write(writer, { groupId, offsets }, plain);
  return { kind: entryKind.offsets, topicId: noTopicId, partition: -1, body: writer.finish() };
}

export function groupDeletedEntry(groupId: string): EntryDraft {
  const writer = new Writer();
  groupBody.write(writer, { groupId }, plain);
  return { kind: entryKind.groupDeleted, topicId: noTopicId, partition: -1, body: writer.finish() };
}

function keyOf(topicId: string, partition: number): string {
  return `${topicId}/${partition}`;
}
