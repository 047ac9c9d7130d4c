import { BrokerError, messageOf } from '../errors.ts';
import type { Timer, World } from '../world/world.ts';
import { BlockCache } from './block-cache.ts';
import { type Entry, type EntryDraft, entryHeaderBytes, readEntry, writeEntry } from './entry.ts';
import { type RecoveryReport, recoverLog } from './recovery.ts';
import { createSegment, type Segment } from './segment.ts';
import { Tail } from './tail.ts';

export interface CommitLogSettings {
  readonly segmentBytes: number;
  readonly syncIntervalMs: number;
  readonly cacheBytes: number;
}

/**
 * Something on its way into the log. Which entry it becomes, and whether it becomes one at all, is decided in `prepare`,
 * called in log order while nothing is being written, so that offsets and sequences are given out exactly in the order
 * of the log. Then either `written` or `failed` is called, exactly once; `failed` takes back what `prepare` changed and
 * is called in reverse order.
 */
export interface Appending {
  readonly bodyBytes: number;
  /** `undefined`: there is nothing to write (a duplicate, a refusal), but the answer waits for what was before it. */
  prepare(): EntryDraft | undefined;
  written(position: number, sizeBytes: number): void;
  failed(error: unknown): void;
}

const groupLimitBytes = 4 * 1024 * 1024;

/**
 * The one append-only log of a broker: all partitions, all kinds of entries, in segment files. Whatever is asked for in
 * one turn of the event loop, or while a write is in progress, leaves in one write. A finished write has reached the
 * kernel: it survives the process. `synced` follows in the background.
 */
export class CommitLog implements AsyncDisposable {
  readonly #world: World;
  readonly #settings: CommitLogSettings;
  readonly #segments: Segment[];
  readonly #tail: Tail;
  readonly #blocks: BlockCache;
  #end: number;
  #queue: Appending[] = [];
  #draining: Promise<void> | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #syncTimer: Timer | undefined;
  /** The last write failed and may have left bytes behind the end. */
  #untidy = false;
  #failing = false;
  #broken: BrokerError | undefined;
  #closed = false;

  private constructor(world: World, settings: CommitLogSettings, segments: Segment[], end: number) {
    this.#world = world;
    this.#settings = settings;
    this.#segments = segments;
    this.#end = end;
    this.#tail = new Tail(settings.cacheBytes / 2);
    this.#blocks = new BlockCache(settings.cacheBytes / 2);
  }

  static async open(
    world: World,
    settings: CommitLogSettings,
    apply: (entry: Entry) => string | undefined,
  ): Promise<{ log: CommitLog; report: RecoveryReport }> {
    const { segments, report } = await recoverLog(world.disk, apply);
    const log = new CommitLog(world, settings, segments, report.bytes);
    if (segments.length === 0) segments.push(await createSegment(world.disk, report.bytes));
    await log.sync();
    log.#scheduleSync();
    return { log, report };
  }

  /** Position behind the last written entry. */
  get end(): number {
    return this.#end;
  }

  /** Position up to which the log survives a power cut. */
  get synced(): number {
    for (const { base, sizeBytes, syncedBytes } of this.#segments) {
      if (syncedBytes < sizeBytes) return base + syncedBytes;
    }
    return this.#end;
  }

  append(appending: Appending): void {
    this.#queue.push(appending);
    this.#draining ??= Promise.resolve().then(() => this.#drain());
  }

  /** The verified entry at a position, from memory where possible. Throws `damaged-entry` rather than return a bad one. */
  read(position: number, sizeBytes: number): Buffer | Promise<Buffer> {
    const recent = this.#tail.get(position, sizeBytes);
    if (recent !== undefined) return recent.subarray(entryHeaderBytes);
    const segment = this.#segmentAt(position);
    const data = this.#blocks.read(segment, position - segment.base, sizeBytes);
    return data instanceof Promise ? data.then((late) => this.#body(late, position)) : this.#body(data, position);
  }

  /** fdatasync of all that was written before the call. After one that failed nobody knows what the disk holds. */
  sync(): Promise<void> {
    const run = this.#syncing.then(() => this.#syncSegments());
    this.#syncing = run.catch(() => {});
    return run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#syncTimer?.cancel();
    await this.#draining;
    await this.sync().catch((error: unknown) => this.#world.log(`last sync failed: ${messageOf(error)}`));
    for (const { file } of this.#segments) await file.close();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#takeGroup();
      const prepared: Prepared[] = [];
      try {
        if (this.#closed) throw new BrokerError('log-closed', 'the log is closed', 'the node is stopping');
        if (this.#broken !== undefined) throw this.#broken;
        await this.#makeRoom(group[0]?.bodyBytes ?? 0);
        const data = this.#prepare(group, prepared);
        if (data.length > 0) await this.#write(data);
      } catch (error) {
        this.#report(error);
        for (const appending of group.reverse()) appending.failed(error);
        continue;
      }
      this.#failing = false;
      for (const { appending, position, sizeBytes } of prepared) appending.written(position, sizeBytes);
    }
    // In the same turn in which the queue was seen empty, or what comes next would wait for ever.
    this.#draining = undefined;
  }

  /** Once for a run of failures. */
  #report(error: unknown): void {
    if (!this.#failing && !this.#closed) this.#world.log(`cannot write the log: ${messageOf(error)}`);
    this.#failing = true;
  }

  /** As many as fit into the current segment and one write; at least one. */
  #takeGroup(): Appending[] {
    const room = Math.min(groupLimitBytes, this.#settings.segmentBytes - this.#active().sizeBytes);
    let bytes = 0;
    let count = 0;
    for (const { bodyBytes } of this.#queue) {
      bytes += entryHeaderBytes + bodyBytes;
      if (bytes > room && count > 0) break;
      count += 1;
    }
    if (count === this.#queue.length) {
      const all = this.#queue;
      this.#queue = [];
      return all;
    }
    return this.#queue.splice(0, count);
  }

  #prepare(group: readonly Appending[], prepared: Prepared[]): Buffer {
    const drafts: EntryDraft[] = [];
    let bytes = 0;
    for (const appending of group) {
      const draft = appending.prepare();
      const sizeBytes = draft === undefined ? 0 : entryHeaderBytes + draft.body.length;
      if (draft !== undefined) drafts.push(draft);
      prepared.push({ appending, position: this.#end + bytes, sizeBytes });
      bytes += sizeBytes;
    }
    const data = Buffer.allocUnsafeSlow(bytes);
    let at = 0;
    for (const draft of drafts) at += writeEntry(draft, this.#end + at, 0, data, at);
    return data;
  }

  async #write(data: Buffer): Promise<void> {
    const segment = this.#active();
    if (this.#untidy) await segment.file.truncate(segment.sizeBytes);
    this.#untidy = true;
    await segment.file.write(data, segment.sizeBytes);
    this.#untidy = false;
    this.#tail.push(this.#end, data);
    segment.sizeBytes += data.length;
    this.#end += data.length;
  }

  async #makeRoom(bodyBytes: number): Promise<void> {
    const { sizeBytes } = this.#active();
    if (sizeBytes === 0 || sizeBytes + entryHeaderBytes + bodyBytes <= this.#settings.segmentBytes) return;
    this.#segments.push(await createSegment(this.#world.disk, this.#end));
  }

  async #syncSegments(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      for (const segment of this.#segments) {
        const { sizeBytes } = segment;
        if (segment.syncedBytes === sizeBytes) continue;
        await segment.file.sync();
        segment.syncedBytes = sizeBytes;
      }
    } catch (error) {
      const hint = 'the disk failed; restart the node once it is repaired';
      this.#broken = new BrokerError('sync-failed', `fdatasync failed: ${messageOf(error)}`, hint, error);
      this.#world.log(`${this.#broken.message}; refusing writes until restarted`);
      throw this.#broken;
    }
  }

  #scheduleSync(): void {
    this.#syncTimer = this.#world.clock.setTimer(this.#settings.syncIntervalMs, () => {
      void this.sync()
        .catch(() => {})
        .then(() => {
          if (!this.#closed) this.#scheduleSync();
        });
    });
  }

  #body(data: Buffer, position: number): Buffer {
    const entry = readEntry(data, 0, position);
    if (typeof entry !== 'string') return entry.body;
    const hint = 'the file was changed behind our back or the disk is failing; restart cuts the log there';
    throw new BrokerError('damaged-entry', `entry at ${position}: ${entry}`, hint);
  }

  #active(): Segment {
    const active = this.#segments.at(-1);
    if (active === undefined) throw new Error('commit log without a segment');
    return active;
  }

  #segmentAt(position: number): Segment {
    for (let index = this.#segments.length - 1; index >= 0; index--) {
      const segment = this.#segments[index];
      if (segment !== undefined && segment.base <= position) return segment;
    }
    throw new Error(`no segment holds position ${position}`);
  }
}

interface Prepared {
  readonly appending: Appending;
  readonly position: number;
  readonly sizeBytes: number;
}
