const nothing = Buffer.alloc(0);

/**
 * Keeps the newest bytes of the log in memory, so that consumers at the end of a partition cause no reads of the disk.
 * The size is bounded: the oldest writes are dropped first.
 */
export class Tail {
  readonly #limitBytes: number;
  #chunks: { readonly position: number; readonly data: Buffer }[] = [];
  #first = 0;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  push(position: number, data: Buffer): void {
    this.#chunks.push({ position, data });
    this.#heldBytes += data.length;
    while (this.#heldBytes > this.#limitBytes && this.#first < this.#chunks.length - 1) {
      const oldest = this.#chunks[this.#first];
      this.#heldBytes -= oldest?.data.length ?? 0;
      this.#chunks[this.#first] = { position: oldest?.position ?? 0, data: nothing };
      this.#first += 1;
    }
    if (this.#first > 1024 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#heldBytes = 0;
  }

  /** Undefined when the range is not held here. A range never spans two writes, because entries are written whole. */
  get(position: number, length: number): Buffer | undefined {
    let low = this.#first;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#chunks[middle]?.position ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    const chunk = this.#chunks[low];
    if (chunk === undefined || position < chunk.position) return undefined;
    const from = position - chunk.position;
    return from + length <= chunk.data.length ? chunk.data.subarray(from, from + length) : undefined;
  }
}
