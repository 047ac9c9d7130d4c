import { Serial } from '../../serial.ts';
import type { ConsumeQueue } from '../index/consume-queue.ts';
import type { IndexFiles } from '../index/index-files.ts';
import type { Derived, Resumed } from '../log/derivation.ts';
import { type Entry, entryKind } from '../log/entry.ts';
import type { EpochStart } from '../log/epochs.ts';
import type { Topics } from '../partitions/topics.ts';
import type { Visibility } from '../partitions/visibility.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import type { DerivedGroups } from './derived-groups.ts';

/**
 * How many index files are synced at the same time. Syncs that run together share commits of the file system, and one of
 * Node's four threads for such calls is left to the log.
 */
const syncedAtOnce = 3;

/** The derived state at a position of the log, before it is on the disk. */
export interface Snapshot {
  readonly checkpoint: Checkpoint;
  /** The indexes, and how many records of each have to be on the disk. */
  readonly indexes: readonly { readonly queue: ConsumeQueue; readonly length: number }[];
  /** Indexes that nobody needs any more when this snapshot is on the disk. */
  readonly dropped: readonly ConsumeQueue[];
}

interface Parts {
  readonly topics: Topics;
  readonly groups: DerivedGroups;
  readonly visibility: Visibility;
  readonly index: IndexFiles;
  readonly checkpoints: CheckpointFiles;
}

/** All state that is derived from the log: from the newest usable checkpoint and from the entries after it. */
export class DerivedState implements Derived {
  readonly #parts: Parts;
  readonly #keeping = new Serial();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  apply(entry: Entry): string | undefined {
    const { groups, topics, visibility } = this.#parts;
    if (entry.kind === entryKind.topicDeleted) groups.dropTopic(entry.topicId);
    if (entry.kind !== entryKind.offsets && entry.kind !== entryKind.groupDeleted) return topics.apply(entry);
    visibility.keepsBack(groups);
    return groups.apply(entry);
  }

  get congestion(): Promise<void> | undefined {
    return this.#parts.index.congestion;
  }

  /** @param end where the log ends or is about to be cut; later checkpoints are gone when this settles */
  async rewind(end: number): Promise<Resumed> {
    const { groups, topics, index, checkpoints } = this.#parts;
    // A checkpoint that is being written must not come after those that are removed here.
    await this.#keeping.idle();
    await index.abandonAll();
    const { checkpoint, queues, unusable } = await this.#newestUsable(end);
    await checkpoints.removeAfter(checkpoint?.position ?? -1);
    await index.removeAllBut(queues);
    topics.reset();
    groups.reset();
    if (checkpoint === undefined) {
      return { position: 0, epochs: [], checkpoint: unusable === undefined ? 'none' : `unusable: ${unusable}` };
    }
    const { position, epochs, partitions } = checkpoint;
    partitions.forEach((state, at) => {
      const queue = queues[at];
      if (queue !== undefined) topics.resume(state, queue, position);
    });
    groups.load(checkpoint.groups, position);
    this.#parts.visibility.keepsBack(groups);
    return { position, epochs, checkpoint: 'used' };
  }

  /** Copies the derived state. `position` must be the end of the log, and no entry may be prepared but not yet written. */
  snapshot(position: number, epochs: readonly EpochStart[]): Snapshot {
    const { groups, topics } = this.#parts;
    const partitions = topics.withEntries();
    return {
      checkpoint: {
        position,
        epochs: [...epochs],
        partitions: partitions.map(
          ({ topicId, index, queue: { length, end }, logStartOffset, sizeBytes, producers }) => ({
            ...{ topicId, partition: index, length, end, start: logStartOffset, sizeBytes },
            producers: producers.states,
          }),
        ),
        groups: groups.save(),
      },
      indexes: partitions.map(({ queue }) => ({ queue, length: queue.length })),
      dropped: topics.takeDropped(),
    };
  }

  /**
   * Writes a snapshot to the disk, as a checkpoint.
   * @param synced settles when the log is synced up to the position of the snapshot
   */
  keep(snapshot: Snapshot, synced: () => Promise<void>): Promise<void> {
    return this.#keeping.run(() => this.#keep(snapshot, synced));
  }

  /** Whether a checkpoint would allow files of dropped topics to be removed. */
  get hasDropped(): boolean {
    return this.#parts.topics.hasDropped;
  }

  async #keep({ checkpoint, indexes, dropped }: Snapshot, synced: () => Promise<void>): Promise<void> {
    const { index, checkpoints } = this.#parts;
    await synced();
    for (let at = 0; at < indexes.length; at += syncedAtOnce) {
      await Promise.all(indexes.slice(at, at + syncedAtOnce).map(({ queue, length }) => queue.sync(length)));
    }
    await index.syncNames();
    await checkpoints.write(checkpoint);
    for (const queue of dropped) await index.remove(queue);
  }

  async #newestUsable(end: number): Promise<{
    checkpoint?: Checkpoint;
    readonly queues: readonly ConsumeQueue[];
    readonly unusable: string | undefined;
  }> {
    const { index, checkpoints } = this.#parts;
    let unusable: string | undefined;
    for (const position of await checkpoints.positions()) {
      const checkpoint =
        position > end ? `position ${position} is behind the log's end ${end}` : await checkpoints.read(position);
      const queues = typeof checkpoint === 'string' ? checkpoint : await index.resumeAll(checkpoint.partitions);
      if (typeof checkpoint !== 'string' && typeof queues !== 'string') return { checkpoint, queues, unusable };
      unusable ??= typeof queues === 'string' ? queues : undefined;
    }
    return { queues: [], unusable };
  }
}
