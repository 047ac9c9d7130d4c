import { LoadingCache } from './loading-cache.ts';
import type { Segment } from './segment.ts';

const blockBytes = 128 * 1024;

/**
 * Reads older parts of the log in aligned blocks and keeps some of them in memory. All partitions share one log, so the
 * entries next to one that was read are likely to be read soon. A block is kept only when it is full, because then its
 * bytes no longer change.
 */
export class BlockCache {
  readonly #blocks: LoadingCache;

  constructor(limitBytes: number) {
    this.#blocks = new LoadingCache(limitBytes / blockBytes);
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
    return Promise.all(blocks).then((parts) => joined(parts, from, length));
  }

  clear(): void {
    this.#blocks.clear();
  }

  #block(segment: Segment, index: number): Buffer | Promise<Buffer> {
    const key = segment.base + index * blockBytes;
    return this.#blocks.get(key, () => segment.file.read(index * blockBytes, blockBytes));
  }
}

/** Of blocks one behind another, the bytes from a place in the first one on. */
function joined(blocks: readonly Buffer[], from: number, length: number): Buffer {
  const data = Buffer.allocUnsafe(length);
  let at = 0;
  for (const block of blocks) at += block.copy(data, at, at === 0 ? from : 0);
  return data;
}
