import { batchHeaderBytes } from '../../wire/record-batch.ts';
import type { ConsumeQueue } from '../index/consume-queue.ts';
import type { IndexFiles } from '../index/index-files.ts';
import { type Entry, entryKind } from '../log/entry.ts';
import { Partition } from './partition.ts';
import type { PartitionState } from './partition-state.ts';
import type { Visibility } from './visibility.ts';

/** All partitions, by topic id. */
export class Topics {
  readonly #visibility: Visibility;
  readonly #index: IndexFiles;
  readonly #byId = new Map<string, Map<number, Partition>>();
  #dropped: ConsumeQueue[] = [];

  constructor(visibility: Visibility, index: IndexFiles) {
    this.#visibility = visibility;
    this.#index = index;
  }

  has(topicId: string): boolean {
    return this.#byId.has(topicId);
  }

  hasEntries(topicId: string): boolean {
    return [...(this.#byId.get(topicId)?.values() ?? [])].some(({ queue }) => queue.length > 0);
  }

  /** Of all entries of a partition. */
  sizeBytes(topicId: string, index: number): number {
    return this.#byId.get(topicId)?.get(index)?.sizeBytes ?? 0;
  }

  partition(topicId: string, index: number): Partition {
    let partitions = this.#byId.get(topicId);
    if (partitions === undefined) {
      partitions = new Map();
      this.#byId.set(topicId, partitions);
    }
    let partition = partitions.get(index);
    if (partition === undefined) {
      partition = new Partition(topicId, index, this.#visibility, this.#index.create(topicId, index));
      partitions.set(index, partition);
    }
    return partition;
  }

  /** Lets the topic take no more batches. `drop` removes it when the log has the entry of its deletion. */
  close(topicId: string): void {
    for (const partition of this.#byId.get(topicId)?.values() ?? []) partition.delete();
  }

  drop(topicId: string): void {
    this.close(topicId);
    for (const { queue } of this.#byId.get(topicId)?.values() ?? []) this.#dropped.push(queue);
    this.#byId.delete(topicId);
  }

  /** Whether indexes of dropped topics are still on the disk. */
  get hasDropped(): boolean {
    return this.#dropped.length > 0;
  }

  /** Takes the indexes of dropped topics. They are to be removed when no checkpoint needs them any more. */
  takeDropped(): ConsumeQueue[] {
    return this.#dropped.splice(0);
  }

  apply(entry: Entry): string | undefined {
    if (entry.kind === entryKind.topicDeleted) {
      this.drop(entry.topicId);
      return undefined;
    }
    const partition = this.partition(entry.topicId, entry.partition);
    if (entry.kind === entryKind.logStart) return partition.restoreStart(entry);
    if (entry.body.length < batchHeaderBytes) return 'record batch too short';
    return partition.restore(entry);
  }

  /** The partitions that have entries. */
  withEntries(): Partition[] {
    return this.#all().filter(({ queue }) => queue.length > 0);
  }

  /** Forgets everything. All indexes must have been abandoned before. */
  reset(): void {
    this.#dropped = [];
    for (const partition of this.#all()) partition.reset(this.#index.create(partition.topicId, partition.index));
  }

  resume(state: PartitionState, queue: ConsumeQueue, position: number): void {
    this.partition(state.topicId, state.partition).resume(queue, state, position);
  }

  wake(): void {
    for (const partition of this.#all()) partition.wake();
  }

  #all(): Partition[] {
    return [...this.#byId.values()].flatMap((partitions) => [...partitions.values()]);
  }
}
