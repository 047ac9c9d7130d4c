import type { Segment } from './segment.ts';

const blockBytes = 64 * 1024;

/**
 * Reads of older parts of the log, in aligned blocks kept least-recently-used first out. Partitions share one log, so
 * the neighbours of an entry are likely wanted too. A block is kept only once it is full and can no longer change.
 */
export class BlockCache {
  readonly #limitBlocks: number;
  readonly #blocks = new Map<number, Buffer | Promise<Buffer>>();

  constructor(limitBytes: number) {
    this.#limitBlocks = Math.max(1, Math.floor(limitBytes / blockBytes));
  }

  read(segment: Segment, offset: number, length: number): Buffer | Promise<Buffer> {
    const firstBlock = Math.floor(offset / blockBytes);
    const lastBlock = Math.floor((offset + length - 1) / blockBytes);
    if ((lastBlock + 1) * blockBytes > segment.sizeBytes) return segment.file.read(offset, length);
    const from = offset - firstBlock * blockBytes;
    if (firstBlock === lastBlock) {
      const block = this.#block(segment, firstBlock);
      return block instanceof Promise
        ? block.then((data) => data.subarray(from, from + length))
        : block.subarray(from, from + length);
    }
    const blocks: (Buffer | Promise<Buffer>)[] = [];
    for (let index = firstBlock; index <= lastBlock; index++) blocks.push(this.#block(segment, index));
    return Promise.all(blocks).then((parts) => Buffer.concat(parts).subarray(from, from + length));
  }

  clear(): void {
    this.#blocks.clear();
  }

  #block(segment: Segment, index: number): Buffer | Promise<Buffer> {
    const key = segment.base + index * blockBytes;
    const known = this.#blocks.get(key);
    this.#blocks.delete(key);
    const block = known ?? this.#load(segment, index, key);
    this.#blocks.set(key, block);
    if (this.#blocks.size > this.#limitBlocks) {
      const oldest = this.#blocks.keys().next();
      if (oldest.done !== true) this.#blocks.delete(oldest.value);
    }
    return block;
  }

  #load(segment: Segment, index: number, key: number): Promise<Buffer> {
    const loading: Promise<Buffer> = segment.file.read(index * blockBytes, blockBytes).then(
      (data) => {
        if (this.#blocks.get(key) === loading) this.#blocks.set(key, data);
        return data;
      },
      (error: unknown) => {
        if (this.#blocks.get(key) === loading) this.#blocks.delete(key);
        throw error;
      },
    );
    return loading;
  }
}
