import type { Disk } from '../../world/world.ts';
import { BlockCache } from './block-cache.ts';
import { createSegment, removeSegment, type Segment } from './segment.ts';
import { Tail } from './tail.ts';

/** The bytes of the log: its segment files, which follow one another, and the parts of them that are kept in memory. */
export class LogFiles {
  readonly #disk: Disk;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  readonly #tail: Tail;
  readonly #blocks: BlockCache;
  #end: number;
  #synced: number;

  /** @param segments in order, at least one; none of their bytes counts as synced yet */
  constructor(
    disk: Disk,
    segments: Segment[],
    settings: { readonly segmentBytes: number; readonly cacheBytes: number },
  ) {
    this.#disk = disk;
    this.#segmentBytes = settings.segmentBytes;
    this.#segments = segments;
    this.#tail = new Tail(settings.cacheBytes / 2);
    this.#blocks = new BlockCache(settings.cacheBytes / 2);
    const { base, sizeBytes } = this.#active();
    this.#end = base + sizeBytes;
    this.#synced = segments[0]?.base ?? 0;
  }

  /** The position after the last written byte. */
  get end(): number {
    return this.#end;
  }

  /** The position up to which the log survives a power cut. */
  get synced(): number {
    return this.#synced;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** How many bytes still fit into the current segment. An empty segment takes an entry of any size. */
  get roomBytes(): number {
    return this.#segmentBytes - this.#active().sizeBytes;
  }

  /** Begins a new segment if `bytes` more do not fit into the current one. */
  async makeRoom(bytes: number): Promise<void> {
    if (this.#active().sizeBytes === 0 || bytes <= this.roomBytes) return;
    this.#segments.push(await createSegment(this.#disk, this.#end));
  }

  /** Appends. If it throws, nothing was appended, and the bytes that did reach the file are cut off if possible. */
  async write(data: Buffer): Promise<void> {
    const segment = this.#active();
    try {
      await segment.file.write(data, segment.sizeBytes);
    } catch (error) {
      // Whole entries may have reached the file, and recovery could not know that their producers were told of a failure.
      await segment.file.truncate(segment.sizeBytes).catch(() => {});
      throw error;
    }
    this.#tail.push(this.#end, data);
    segment.sizeBytes += data.length;
    this.#end += data.length;
  }

  /** Reads bytes without checking them, from memory where possible; fewer than asked for only at a segment's end. */
  read(position: number, sizeBytes: number): Buffer | Promise<Buffer> {
    const recent = this.#tail.get(position, sizeBytes);
    if (recent !== undefined) return recent;
    const segment = this.#segmentAt(position);
    const offset = position - segment.base;
    return this.#blocks.read(segment, offset, Math.min(sizeBytes, segment.sizeBytes - offset));
  }

  /** Makes everything that was written before the call survive a power cut (fdatasync). */
  async sync(): Promise<void> {
    const end = this.#end;
    for (const segment of this.#segments) {
      const { sizeBytes } = segment;
      if (segment.syncedBytes === sizeBytes) continue;
      await segment.file.sync();
      segment.syncedBytes = sizeBytes;
    }
    this.#synced = end;
  }

  /** Cuts the log at a position, durably. The caller may not write, read or sync meanwhile. */
  async truncate(position: number): Promise<void> {
    while (this.#segments.length > 1 && this.#active().base >= position) {
      await removeSegment(this.#disk, this.#active());
      this.#segments.pop();
    }
    const last = this.#active();
    last.sizeBytes = position - last.base;
    await last.file.truncate(last.sizeBytes);
    last.syncedBytes = -1;
    this.#tail.clear();
    this.#blocks.clear();
    this.#end = position;
    this.#synced = Math.min(this.#synced, position);
    await this.sync();
  }

  async close(): Promise<void> {
    for (const { file } of this.#segments) await file.close();
  }

  #active(): Segment {
    const active = this.#segments.at(-1);
    if (active === undefined) throw new Error('commit log without a segment');
    return active;
  }

  #segmentAt(position: number): Segment {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#segments[middle]?.base ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    const segment = this.#segments[low];
    if (segment === undefined || segment.base > position) throw new Error(`no segment holds position ${position}`);
    return segment;
  }
}
