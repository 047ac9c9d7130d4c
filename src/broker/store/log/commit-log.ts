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
 * The one append-only log of a broker: all partitions, all kinds of entries. Whatever is asked for in one turn of the
 * event loop, or while a write is in progress, leaves in one write; whatever was written while a sync was in progress
 * shares the next one, and writes go on meanwhile. After a write or sync that failed nothing is written any more until
 * the node is restarted: nobody knows what the disk holds.
 *
 * The log of a leader is appended to; everybody else's takes raw entries from the leader's.
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
  /** Behind what was handed on to what is derived, so that nobody hears of bytes that are not indexed yet. */
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
    // What a process left behind in the page cache is ours to promise from here on.
    await log.sync();
    log.#flusher.start();
    return { log, report };
  }

  /** Position behind the last written entry. */
  get end(): number {
    return this.#end;
  }

  /** Position up to which the log survives a power cut. */
  get synced(): number {
    return Math.min(this.#files.synced, this.#end);
  }

  /** Why nothing is written any more. */
  get failure(): BrokerError | undefined {
    return this.#failStop.failure;
  }

  get leads(): boolean {
    return this.#leading !== undefined;
  }

  /** End of the log when this leadership began; what is before it came from earlier ones. */
  get ledFrom(): number {
    return this.#leading?.from ?? this.end;
  }

  /** Called after every write, sync, cut and failure; returns what ends that. */
  onProgress(callback: () => void): () => void {
    this.#progress.add(callback);
    return () => this.#progress.delete(callback);
  }

  /** Called after every write, when nothing is prepared that is not written: what is derived is of the log's end. */
  onWritten(callback: () => void): void {
    this.#writtenTo.add(callback);
  }

  /** This node leads: appends are taken, and their entries carry the epoch. */
  beginEpoch(epoch: number): void {
    if (epoch < this.epochs.last) throw new Error(`epoch ${epoch} behind epoch ${this.epochs.last} of the log`);
    this.#leading = { epoch, from: this.end };
  }

  /** This node leads no more: what is queued is refused (`not-leading`). Settles when nothing is being written. */
  async endEpoch(): Promise<void> {
    this.#leading = undefined;
    await this.#queue.idle();
  }

  append(appending: Appending): void {
    this.#queue.push(appending);
  }

  /** The verified body of an entry, from memory where possible. Throws `damaged-entry` rather than return a bad one. */
  read(position: number, sizeBytes: number): Buffer | Promise<Buffer> {
    const data = this.#files.read(position, sizeBytes);
    return data instanceof Promise
      ? data.then((late) => verified(late, 0, position).body)
      : verified(data, 0, position).body;
  }

  /**
   * Whole verified entries from a position on, as many as fit into `maxBytes`, but at least one if there is one.
   * Throws `damaged-entry`, also if no entry begins there.
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
   * Takes whole entries that begin at `end`, as the leader's `readRaw` gave them. Throws `bad-entries` before anything
   * is written if they are not that. Not while leading, and one call at a time.
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
   * Cuts the log at the boundary of an entry, durably, and derives anew. Throws `damaged-entry` if no entry begins
   * there. Not while leading, nor together with `appendRaw`.
   */
  async truncate(position: number): Promise<void> {
    this.#refuseIfUnable();
    if (this.leads) throw new Error('a leader does not cut its log');
    if (position > this.end) throw new Error(`cannot cut at ${position}: the log ends at ${this.end}`);
    if (position === this.end) return await this.sync();
    // A whole entry begins there: it is a boundary.
    await this.readRaw(position, 0);
    await this.#queue.idle();
    await this.#failStop.run('truncate', async () => {
      // Outside of the syncs: a checkpoint that is being written may wait for one of them.
      const { position: from } = await this.#derived.rewind(position);
      await this.#syncs.after(() => this.#cut(position, from));
    });
    this.#tell();
  }

  /** fdatasync of all that was written before the call; who asks while one is in progress shares the next. */
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

  /** Writes the entries of a group. Without leadership none of them is taken. */
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
