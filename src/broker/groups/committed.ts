import { messageOf } from '../errors.ts';
import { type Entry, type EntryDraft, entryKind, noTopicId } from '../store/entry.ts';
import { Reader } from '../wire/reader.ts';
import { array, field, int32, int64, nullableString, string, struct, uuid, type ValueOf } from '../wire/types.ts';
import { Writer } from '../wire/writer.ts';

/** The committed offset of one partition, by topic id: a later topic of the same name starts without. */
const committedOffset = struct({
  topicId: field(uuid),
  partition: field(int32),
  offset: field(int64),
  leaderEpoch: field(int32),
  metadata: field(nullableString),
});

/** Body of an `offsets` entry: what one OffsetCommit request committed. */
const offsetsBody = struct({ groupId: field(string), offsets: field(array(committedOffset)) });
/** Body of a `groupDeleted` entry. */
const groupBody = struct({ groupId: field(string) });

export type CommittedOffset = ValueOf<typeof committedOffset>;

const plain = { version: 0, flexible: false };

/** All groups' committed offsets, as the commit log has them. Kept for ever: there is no retention. */
export class CommittedOffsets {
  readonly #groups = new Map<string, Map<string, CommittedOffset>>();

  groupIds(): string[] {
    return [...this.#groups.keys()];
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  get(groupId: string, topicId: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(keyOf(topicId, partition));
  }

  all(groupId: string): CommittedOffset[] {
    return [...(this.#groups.get(groupId)?.values() ?? [])];
  }

  /** Called once the entry is in the log. */
  put(groupId: string, offsets: readonly CommittedOffset[]): void {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = new Map();
      this.#groups.set(groupId, group);
    }
    for (const committed of offsets) group.set(keyOf(committed.topicId, committed.partition), committed);
  }

  deleteGroup(groupId: string): void {
    this.#groups.delete(groupId);
  }

  deleteTopic(topicId: string): void {
    for (const group of this.#groups.values()) {
      for (const [key, committed] of group) if (committed.topicId === topicId) group.delete(key);
    }
  }

  /** Takes an entry found by recovery; returns why it cannot be right. */
  restore(entry: Entry): string | undefined {
    try {
      const reader = new Reader(entry.body);
      if (entry.kind === entryKind.groupDeleted) {
        this.deleteGroup(groupBody.read(reader, plain).groupId);
      } else {
        const { groupId, offsets } = offsetsBody.read(reader, plain);
        this.put(groupId, offsets);
      }
      return undefined;
    } catch (error) {
      return `unreadable offsets: ${messageOf(error)}`;
    }
  }
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
