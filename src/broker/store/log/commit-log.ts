import { BrokerError, messageOf } from '../../errors.ts';
import type { World } from '../../world/world.ts';
import { LogFiles } from '../files/log-files.ts';
import { createSegment } from '../files/segment.ts';
import { AppendQueue, type Prepared, prepareGroup } from './append-queue.ts';
import type { Appending } from './appending.ts';
import type { Derived } from './derivation.ts';
import { type Entry, entryHeaderBytes, entrySize } from './entry.ts';
import { EpochHistory } from './epochs.ts';
import { FailStop } from './fail-stop.ts';
import { Flusher, type FlushSettings } from './flusher.ts';
import { sentEntries, takeFitting, verified, wholeEntries } from './raw-entries.ts';
import { type RecoveryReport, recoverLog, scanSegments } from './recovery.ts';
import { SyncQueue } from './sync-queue.ts';

export interface CommitLogSettings extends FlushSettings {
  readonly segmentBytes: number;
  readonly cacheBytes: number;
}

/**
 * The one append-only log of a broker, for all partitions and all kinds of entries. Appends that are requested in one turn
 * of the event loop, or while a write is in progress, share one write. Writes that end while a sync is in progress share
 * the next sync, and writing goes on during a sync. After a write or sync has failed, the log writes nothing until the
 * node is restarted, because nobody knows what the disk holds (`FailStop`).
 *
 * On a leader, `append` extends the log. On every other node, `appendRaw` extends it by copies of the leader's entries.
 */
export class CommitLog implements AsyncDisposable {
  readonly epochs: EpochHistory;
  readonly #world: World;
  readonly #files: LogFiles;
  readonly #derived: Derived;
  readonly #flusher: Flusher;
  readonly #failStop: FailStop;
  readonly #queue = new AppendQueue({
    roomBytes: () => this.#files.roomBytes,
    write: (group) => this.#writeGroup(group),
    wrote: () => this.#wrote(),
  });
  readonly #syncs = new SyncQueue(() => this.#syncFiles());
  readonly #progress = new Set<() => void>();
  readonly #writtenTo = new Set<() => void>();
  /** Moves only after `#derived` knows the entries before it, so that nobody hears of entries that are not indexed yet. */
  #end: number;
  #leading: { readonly epoch: number; readonly from: number } | undefined;
  #closed = false;

  private constructor(
    world: World,
    settings: CommitLogSettings,
    files: LogFiles,
    epochs: EpochHistory,
    derived: Derived,
  ) {
    this.epochs = epochs;
    this.#world = world;
    this.#files = files;
    this.#end = files.end;
    this.#derived = derived;
    this.#flusher = new Flusher(this, world.clock, settings);
    this.#failStop = new FailStop(({ message }) => {
      world.log(`commit log: ${message}; refusing writes until restarted`);
      this.#tell();
    });
  }

  static async open(
    world: World,
    settings: CommitLogSettings,
    derived: Derived,
  ): Promise<{ log: CommitLog; report: RecoveryReport }> {
    const epochs = new EpochHistory();
    const { segments, report } = await recoverLog(world.disk, {
      async rewind(end) {
        const resumed = await derived.rewind(end);
        for (const { epoch, start } of resumed.epochs) epochs.take(epoch, start, resumed.position);
        return resumed;
      },
      apply: (entry) => applyTo(epochs, derived, entry),
      get congestion() {
        return derived.congestion;
      },
    });
    epochs.truncate(report.bytes);
    if (segments.length === 0) segments.push(await createSegment(world.disk, report.bytes));
    const log = new CommitLog(world, settings, new LogFiles(world.disk, segments, settings), epochs, derived);
    // A process that was killed may have left bytes in the page cache only. From here on this log counts them as synced.
    await log.sync();
    log.#flusher.start();
    return { log, report };
  }

  /** The position after the last written entry. */
  get end(): number {
    return this.#end;
  }

  /** The position up to which the log survives a power cut. */
  get synced(): number {
    return Math.min(this.#files.synced, this.#end);
  }

  /** Why the log writes nothing any more; undefined while it does. */
  get failure(): BrokerError | undefined {
    return this.#failStop.failure;
  }

  get leads(): boolean {
    return this.#leading !== undefined;
  }

  /** Where the log ended when this node became leader. Earlier leaders wrote what is before that. */
  get ledFrom(): number {
    return this.#leading?.from ?? this.end;
  }

  /** Calls back after every write, sync, cut and failure. Returns a function that unregisters the callback. */
  onProgress(callback: () => void): () => void {
    this.#progress.add(callback);
    return () => this.#progress.delete(callback);
  }

  /**
   * Calls back after every write, at a moment at which no entry is prepared but not yet written: the derived state is then
   * exactly that of the log's end.
   */
  onWritten(callback: () => void): void {
    this.#writtenTo.add(callback);
  }

  /** This node has become leader: from now on appends are taken, and their entries carry this leader epoch. */
  beginEpoch(epoch: number): void {
    if (epoch < this.epochs.last) throw new Error(`epoch ${epoch} behind epoch ${this.epochs.last} of the log`);
    this.#leading = { epoch, from: this.end };
  }

  /** This node is no longer leader: queued appends fail with `not-leading`. Settles when nothing is being written. */
  async endEpoch(): Promise<void> {
    this.#leading = undefined;
    await this.#queue.idle();
  }

  append(appending: Appending): void {
    this.#queue.push(appending);
  }

  /** Reads the body of an entry, from memory where possible, and verifies it. Throws `damaged-entry`. */
  read(position: number, sizeBytes: number): Buffer | Promise<Buffer> {
    const data = this.#files.read(position, sizeBytes);
    return data instanceof Promise
      ? data.then((late) => verified(late, 0, position).body)
      : verified(data, 0, position).body;
  }

  /**
   * Reads whole verified entries from a position on: as many as fit into `maxBytes`, but at least one unless the log ends
   * there. Throws `damaged-entry`, also if no entry begins at the position.
   */
  async readRaw(position: number, maxBytes: number): Promise<Buffer> {
    const leftBytes = this.end - position;
    if (leftBytes <= 0) return Buffer.alloc(0);
    let data = await this.#files.read(position, Math.min(leftBytes, Math.max(maxBytes, entryHeaderBytes)));
    const first = entrySize(data, 0);
    if (typeof first === 'number' && first > data.length) data = await this.#files.read(position, first);
    return wholeEntries(data, position);
  }

  /**
   * Appends whole entries that the leader's `readRaw` returned for the position `end`. Throws `bad-entries`, before
   * anything is written, if they are not that. To be called by one caller at a time, and never on a leader.
   */
  async appendRaw(data: Buffer): Promise<void> {
    this.#refuseIfUnable();
    if (this.leads) throw new Error('a leader takes no entries from others');
    const entries = sentEntries(data, this.end, this.epochs.last);
    for (let next = entries[0], from = 0; next !== undefined; next = entries[0]) {
      const { sizeBytes } = next;
      await this.#failStop.run('write', async () => {
        await this.#files.makeRoom(sizeBytes);
        const taken = takeFitting(entries, this.#files.roomBytes);
        const bytes = taken.reduce((sum, one) => sum + one.sizeBytes, 0);
        await this.#files.write(data.subarray(from, from + bytes));
        from += bytes;
        for (const entry of taken) {
          const refusal = applyTo(this.epochs, this.#derived, entry);
          if (refusal !== undefined) throw new Error(`entry at ${entry.position}: ${refusal}`);
        }
      });
      this.#wrote();
    }
  }

  /**
   * Cuts the log where an entry begins, durably, and derives the state anew. Throws `damaged-entry` if no entry begins
   * there. Never to be called on a leader, nor while `appendRaw` runs.
   */
  async truncate(position: number): Promise<void> {
    this.#refuseIfUnable();
    if (this.leads) throw new Error('a leader does not cut its log');
    if (position > this.end) throw new Error(`cannot cut at ${position}: the log ends at ${this.end}`);
    if (position === this.end) return await this.sync();
    // This throws unless a whole entry begins at the position.
    await this.readRaw(position, 0);
    await this.#queue.idle();
    await this.#failStop.run('truncate', async () => {
      // Not inside the sync queue: `rewind` waits for a checkpoint, and that checkpoint may wait for a sync in the queue.
      const { position: from } = await this.#derived.rewind(position);
      await this.#syncs.after(() => this.#cut(position, from));
    });
    this.#tell();
  }

  /** Makes everything that was written before the call survive a power cut. Calls that come during a sync share the next. */
  sync(): Promise<void> {
    return this.#syncs.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#flusher.stop();
    await this.#queue.idle();
    await this.sync().catch((error: unknown) => this.#world.log(`last sync failed: ${messageOf(error)}`));
    await this.#files.close();
  }

  /** Writes the entries of a group. Throws `not-leading`, and writes nothing, unless this node is leader. */
  async #writeGroup(group: readonly Appending[]): Promise<readonly Prepared[]> {
    this.#refuseIfUnable();
    const epoch = this.#leading?.epoch;
    if (epoch === undefined) throw new BrokerError('not-leading', 'this node does not lead', 'ask the leader');
    return await this.#failStop.run('write', async () => {
      await this.#files.makeRoom(entryHeaderBytes + (group[0]?.bodyBytes ?? 0));
      const { prepared, data } = prepareGroup(group, epoch, this.#end);
      if (data.length === 0) return prepared;
      await this.#files.write(data);
      this.epochs.take(epoch, this.#end, this.#files.end);
      return prepared;
    });
  }

  async #cut(position: number, from: number): Promise<void> {
    await this.#files.truncate(position);
    this.#end = position;
    this.epochs.truncate(position);
    const { reason } = await scanSegments(this.#files.segments, from, this.#derived);
    if (reason !== undefined) throw new Error(reason);
  }

  async #syncFiles(): Promise<void> {
    this.#failStop.refuseIfFailed();
    if (this.#files.synced === this.#files.end) return;
    await this.#failStop.run('sync', () => this.#files.sync());
    this.#tell();
  }

  #refuseIfUnable(): void {
    if (this.#closed) throw new BrokerError('log-closed', 'the log is closed', 'the node is stopping');
    this.#failStop.refuseIfFailed();
  }

  #wrote(): void {
    this.#end = this.#files.end;
    this.#flusher.written();
    for (const callback of this.#writtenTo) callback();
    this.#tell();
  }

  #tell(): void {
    for (const callback of [...this.#progress]) callback();
  }
}

function applyTo(epochs: EpochHistory, derived: Derived, entry: Entry): string | undefined {
  return epochs.take(entry.epoch, entry.position, entry.position + entry.sizeBytes) ?? derived.apply(entry);
}
