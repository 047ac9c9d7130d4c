const chunkLength = 1024;

/** Where a batch is in the commit log, and which offsets it holds. */
export interface QueuedBatch {
  readonly baseOffset: number;
  readonly position: number;
  readonly sizeBytes: number;
}

/**
 * The index of one partition: offset → place in the commit log, 20 bytes a batch. Derived: rebuilt from the log at every
 * start, so it cannot disagree with it. (RocketMQ's ConsumeQueue.)
 */
export class ConsumeQueue {
  readonly #chunks: Chunk[] = [];
  #length = 0;
  #end = 0;

  /** The offset that the next record gets. */
  get end(): number {
    return this.#end;
  }

  /** Number of batches. */
  get length(): number {
    return this.#length;
  }

  push(position: number, sizeBytes: number, count: number, maxTimestampMs: number): void {
    const at = this.#length % chunkLength;
    if (at === 0) this.#chunks.push(newChunk());
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) throw new Error('consume queue without a chunk');
    chunk.offsets[at] = this.#end;
    chunk.positions[at] = position;
    chunk.sizes[at] = sizeBytes;
    chunk.maxTimestampMs = Math.max(chunk.maxTimestampMs, maxTimestampMs);
    this.#length += 1;
    this.#end += count;
  }

  at(index: number): QueuedBatch | undefined {
    const chunk = this.#chunks[Math.floor(index / chunkLength)];
    if (chunk === undefined || index >= this.#length) return undefined;
    const at = index % chunkLength;
    return { baseOffset: chunk.offsets[at] ?? 0, position: chunk.positions[at] ?? 0, sizeBytes: chunk.sizes[at] ?? 0 };
  }

  /** Index of the batch that holds the offset; the length when the offset is the end. */
  find(offset: number): number {
    if (offset >= this.#end) return this.#length;
    let low = 0;
    let high = this.#length - 1;
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2);
      if ((this.at(middle)?.baseOffset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Index of the first batch of the first stretch that reaches the time; the length when none does. */
  findTime(timestampMs: number): number {
    const chunk = this.#chunks.findIndex((one) => one.maxTimestampMs >= timestampMs);
    return chunk < 0 ? this.#length : chunk * chunkLength;
  }
}

interface Chunk {
  readonly offsets: Float64Array;
  readonly positions: Float64Array;
  readonly sizes: Uint32Array;
  maxTimestampMs: number;
}

function newChunk(): Chunk {
  return {
    offsets: new Float64Array(chunkLength),
    positions: new Float64Array(chunkLength),
    sizes: new Uint32Array(chunkLength),
    maxTimestampMs: Number.NEGATIVE_INFINITY,
  };
}
