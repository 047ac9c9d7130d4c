import type { World } from '../world/world.ts';
import { CheckpointFiles } from './checkpoint/checkpoint-files.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import { DerivedState } from './checkpoint/derived.ts';
import type { DerivedGroups } from './checkpoint/derived-groups.ts';
import { IndexFiles } from './index/index-files.ts';
import { CommitLog, type CommitLogSettings } from './log/commit-log.ts';
import { type EntryDraft, entryKind } from './log/entry.ts';
import { Protection, type ProtectionSettings } from './log/protection.ts';
import type { RecoveryReport } from './log/recovery.ts';
import type { Partition } from './partitions/partition.ts';
import { Topics } from './partitions/topics.ts';
import { Visibility } from './partitions/visibility.ts';

export interface StoreSettings extends CommitLogSettings, ProtectionSettings {
  /** A checkpoint is written after so many bytes of log, and at a clean stop. 0: never. */
  readonly checkpointBytes: number;
}

/** The cache of the indexes is this part of `cacheBytes`, in addition to it. */
const indexCacheShare = 1 / 8;

/** Everything that a broker stores: the commit log, the state derived from it, and how far it is protected. */
export class Store implements AsyncDisposable {
  readonly log: CommitLog;
  readonly protection: Protection;
  readonly recovery: RecoveryReport;
  readonly #parts: Parts;

  private constructor(opened: { readonly log: CommitLog; readonly report: RecoveryReport }, parts: Parts) {
    this.log = opened.log;
    this.recovery = opened.report;
    this.protection = parts.protection;
    this.#parts = parts;
    const { protection, topics, visibility } = parts;
    visibility.show(protection.position);
    protection.onAdvance((position) => visibility.show(position));
    protection.onInterrupt(() => topics.wake());
  }

  /** @param groups takes the entries that concern groups */
  static async open(world: World, settings: StoreSettings, groups: DerivedGroups): Promise<Store> {
    const visibility = new Visibility();
    const tell = (line: string) => world.log(line);
    const index = new IndexFiles(world.disk, tell, settings.cacheBytes * indexCacheShare);
    const topics = new Topics(visibility, index);
    const checkpoints = new CheckpointFiles(world.disk);
    const derived = new DerivedState({ topics, groups, visibility, index, checkpoints });
    const opened = await CommitLog.open(world, settings, derived);
    const protection = new Protection(opened.log, world.clock, settings);
    const checkpointer = new Checkpointer(opened.log, derived, opened.report.from, settings.checkpointBytes, tell);
    return new Store(opened, { groups, topics, visibility, index, protection, checkpointer });
  }

  /** The partition; made on first use, because only the routes know which partitions exist. */
  partition(topicId: string, index: number): Partition {
    return this.#parts.topics.partition(topicId, index);
  }

  /** Whether the topic has entries or committed offsets here, or one of its partitions was used. */
  holdsTopic(topicId: string): boolean {
    return this.#parts.topics.has(topicId) || this.#parts.groups.holdsTopic(topicId);
  }

  /** How many bytes of log a partition has. */
  sizeBytes(topicId: string, index: number): number {
    return this.#parts.topics.sizeBytes(topicId, index);
  }

  /** Writes that consumers see nothing of a partition below an offset any more. Returns the position after the entry. */
  async moveStart({ topicId, index }: Partition, offset: number): Promise<number> {
    const body = Buffer.alloc(8);
    body.writeBigInt64BE(BigInt(offset));
    const draft = { kind: entryKind.logStart, topicId, partition: index, body };
    return await this.write(draft, () => this.partition(topicId, index).startAt(offset));
  }

  /** Forgets the partitions of a topic that has no entries. */
  forgetUnused(topicId: string): void {
    if (!this.#parts.topics.hasEntries(topicId)) this.#parts.topics.drop(topicId);
  }

  /**
   * Lets a topic take no more batches at once, and drops it when the entry of its deletion is written. If it were dropped
   * earlier, a checkpoint could be written without its partitions while entries of theirs still follow in the log.
   */
  async deleteTopic(topicId: string): Promise<void> {
    const { topics, groups } = this.#parts;
    topics.close(topicId);
    const tombstone = { kind: entryKind.topicDeleted, topicId, partition: -1, body: Buffer.alloc(0) };
    await this.write(tombstone, () => {
      topics.drop(topicId);
      groups.dropTopic(topicId);
    });
  }

  /**
   * Appends an entry that does not depend on those before it. Returns the position after it.
   * @param written called in the order of the log; what it changes for groups is visible once the entry is protected
   */
  write(draft: EntryDraft, written: (end: number) => void = () => {}): Promise<number> {
    return new Promise((resolve, reject) => {
      this.log.append({
        bodyBytes: draft.body.length,
        prepare: () => draft,
        written: (position, sizeBytes) => {
          const end = position + sizeBytes;
          written(end);
          this.#parts.visibility.keepsBack(this.#parts.groups);
          resolve(end);
        },
        failed: reject,
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { checkpointer, index } = this.#parts;
    await checkpointer.stop();
    await this.log[Symbol.asyncDispose]();
    await checkpointer.finish();
    await index.close();
    this.protection.interrupt('the node is stopping');
  }
}

interface Parts {
  readonly groups: DerivedGroups;
  readonly topics: Topics;
  readonly visibility: Visibility;
  readonly index: IndexFiles;
  readonly protection: Protection;
  readonly checkpointer: Checkpointer;
}
