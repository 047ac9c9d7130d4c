import { batchHeaderBytes } from '../wire/record-batch.ts';
import type { World } from '../world/world.ts';
import { CommitLog, type CommitLogSettings, type Derived } from './commit-log.ts';
import { type Entry, type EntryDraft, entryKind } from './entry.ts';
import { Partition } from './partition.ts';
import { Protection, type ProtectionSettings } from './protection.ts';
import type { RecoveryReport } from './recovery.ts';
import { type Shown, Visibility } from './visibility.ts';

export interface StoreSettings extends CommitLogSettings, ProtectionSettings {}

/** What a broker keeps: the commit log, what is derived from it, and up to where it is protected. */
export class Store implements AsyncDisposable {
  readonly log: CommitLog;
  readonly protection: Protection;
  readonly recovery: RecoveryReport;
  readonly #groups: Derived & Shown;
  readonly #topics: Topics;
  readonly #visibility: Visibility;

  private constructor(
    opened: { readonly log: CommitLog; readonly report: RecoveryReport },
    protection: Protection,
    derived: { readonly groups: Derived & Shown; readonly topics: Topics; readonly visibility: Visibility },
  ) {
    this.log = opened.log;
    this.recovery = opened.report;
    this.protection = protection;
    this.#groups = derived.groups;
    this.#topics = derived.topics;
    this.#visibility = derived.visibility;
    this.#visibility.show(protection.position);
    protection.onAdvance((position) => this.#visibility.show(position));
    protection.onInterrupt(() => this.#topics.wake());
  }

  /** @param groups takes the entries that concern groups */
  static async open(world: World, settings: StoreSettings, groups: Derived & Shown): Promise<Store> {
    const visibility = new Visibility();
    const topics = new Topics(visibility);
    const opened = await CommitLog.open(world, settings, {
      apply(entry) {
        if (entry.kind === entryKind.batch || entry.kind === entryKind.topicDeleted) return topics.apply(entry);
        visibility.keepsBack(groups);
        return groups.apply(entry);
      },
      reset() {
        topics.reset();
        groups.reset();
      },
    });
    const protection = new Protection(opened.log, world.clock, settings);
    return new Store(opened, protection, { groups, topics, visibility });
  }

  /** The partition, made on first use: which ones there are is the routes' business. */
  partition(topicId: string, index: number): Partition {
    return this.#topics.partition(topicId, index);
  }

  /** Whether the topic has entries here or was asked for. */
  holdsTopic(topicId: string): boolean {
    return this.#topics.has(topicId);
  }

  /** Drops a topic's partitions and leaves a tombstone, so that recovery does not bring them back. */
  async deleteTopic(topicId: string): Promise<void> {
    this.#topics.drop(topicId);
    await this.write({ kind: entryKind.topicDeleted, topicId, partition: -1, body: Buffer.alloc(0) });
  }

  /**
   * Appends an entry that needs no decision at write time, and returns the end of the log behind it.
   * @param written called in the order of the log; what it changes for groups is shown once it is protected
   */
  write(draft: EntryDraft, written: (end: number) => void = () => {}): Promise<number> {
    return new Promise((resolve, reject) => {
      this.log.append({
        bodyBytes: draft.body.length,
        prepare: () => draft,
        written: (position, sizeBytes) => {
          const end = position + sizeBytes;
          written(end);
          this.#visibility.keepsBack(this.#groups);
          resolve(end);
        },
        failed: reject,
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log[Symbol.asyncDispose]();
    this.protection.interrupt('the node is stopping');
  }
}

/** The partitions, by topic id. */
class Topics implements Derived {
  readonly #visibility: Visibility;
  readonly #byId = new Map<string, Map<number, Partition>>();

  constructor(visibility: Visibility) {
    this.#visibility = visibility;
  }

  has(topicId: string): boolean {
    return this.#byId.has(topicId);
  }

  partition(topicId: string, index: number): Partition {
    let partitions = this.#byId.get(topicId);
    if (partitions === undefined) {
      partitions = new Map();
      this.#byId.set(topicId, partitions);
    }
    let partition = partitions.get(index);
    if (partition === undefined) {
      partition = new Partition(topicId, index, this.#visibility);
      partitions.set(index, partition);
    }
    return partition;
  }

  drop(topicId: string): void {
    for (const partition of this.#byId.get(topicId)?.values() ?? []) partition.delete();
    this.#byId.delete(topicId);
  }

  apply(entry: Entry): string | undefined {
    if (entry.kind === entryKind.topicDeleted) {
      this.drop(entry.topicId);
      return undefined;
    }
    if (entry.body.length < batchHeaderBytes) return 'record batch too short';
    return this.partition(entry.topicId, entry.partition).restore(entry);
  }

  reset(): void {
    for (const partitions of this.#byId.values()) for (const partition of partitions.values()) partition.reset();
  }

  wake(): void {
    for (const partitions of this.#byId.values()) for (const partition of partitions.values()) partition.wake();
  }
}
