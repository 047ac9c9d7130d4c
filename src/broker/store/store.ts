import { batchHeaderBytes } from '../wire/record-batch.ts';
import type { World } from '../world/world.ts';
import { CommitLog, type CommitLogSettings } from './commit-log.ts';
import { type Entry, type EntryDraft, entryKind } from './entry.ts';
import { Partition } from './partition.ts';
import type { RecoveryReport } from './recovery.ts';

/** What a broker keeps: the commit log and what is derived from it. Groups restore themselves through `restoreGroups`. */
export class Store implements AsyncDisposable {
  readonly log: CommitLog;
  readonly recovery: RecoveryReport;
  readonly #topics: Map<string, Map<number, Partition>>;

  private constructor(log: CommitLog, recovery: RecoveryReport, topics: Map<string, Map<number, Partition>>) {
    this.log = log;
    this.recovery = recovery;
    this.#topics = topics;
  }

  static async open(
    world: World,
    settings: CommitLogSettings,
    restoreGroups: (entry: Entry) => string | undefined,
  ): Promise<Store> {
    const topics = new Map<string, Map<number, Partition>>();
    const { log, report } = await CommitLog.open(world, settings, (entry) => restore(topics, entry, restoreGroups));
    return new Store(log, report, topics);
  }

  /** The partition, made on first use: which ones there are is the routes' business. */
  partition(topicId: string, index: number): Partition {
    return partitionIn(this.#topics, topicId, index);
  }

  /** Whether the topic has entries here or was asked for. */
  holdsTopic(topicId: string): boolean {
    return this.#topics.has(topicId);
  }

  /** Drops a topic's partitions and leaves a tombstone, so that recovery does not bring them back. */
  async deleteTopic(topicId: string): Promise<void> {
    for (const partition of this.#topics.get(topicId)?.values() ?? []) partition.delete();
    this.#topics.delete(topicId);
    await this.write({ kind: entryKind.topicDeleted, topicId, partition: -1, body: Buffer.alloc(0) });
  }

  /** Appends an entry that needs no decision at write time; `written` is called in the order of the log. */
  write(draft: EntryDraft, written: () => void = () => {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.log.append({
        bodyBytes: draft.body.length,
        prepare: () => draft,
        written: () => {
          written();
          resolve();
        },
        failed: reject,
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log[Symbol.asyncDispose]();
  }
}

function restore(
  topics: Map<string, Map<number, Partition>>,
  entry: Entry,
  restoreGroups: (entry: Entry) => string | undefined,
): string | undefined {
  if (entry.kind === entryKind.topicDeleted) {
    topics.delete(entry.topicId);
    return undefined;
  }
  if (entry.kind !== entryKind.batch) return restoreGroups(entry);
  if (entry.body.length < batchHeaderBytes) return 'record batch too short';
  return partitionIn(topics, entry.topicId, entry.partition).restore(entry);
}

function partitionIn(topics: Map<string, Map<number, Partition>>, topicId: string, index: number): Partition {
  let partitions = topics.get(topicId);
  if (partitions === undefined) {
    partitions = new Map();
    topics.set(topicId, partitions);
  }
  let partition = partitions.get(index);
  if (partition === undefined) {
    partition = new Partition(topicId, index);
    partitions.set(index, partition);
  }
  return partition;
}
