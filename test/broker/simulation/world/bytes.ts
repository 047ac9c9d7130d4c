/** Bytes of a file: they grow by doubling, so that a log of many small writes is not copied for each of them. */
export class Bytes {
  #buffer: Buffer;
  #size: number;

  constructor(content: Buffer = Buffer.alloc(0)) {
    this.#buffer = Buffer.from(content);
    this.#size = content.length;
  }

  get size(): number {
    return this.#size;
  }

  get all(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  read(position: number, length: number): Buffer {
    return Buffer.from(this.all.subarray(position, position + length));
  }

  write(data: Buffer, position: number): void {
    this.#grow(position + data.length);
    data.copy(this.#buffer, position);
  }

  truncate(sizeBytes: number): void {
    this.#grow(sizeBytes);
    this.#buffer.fill(0, sizeBytes, this.#size);
    this.#size = sizeBytes;
  }

  #grow(size: number): void {
    if (size > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(size, 2 * this.#buffer.length, 256));
      this.all.copy(grown);
      this.#buffer = grown;
    }
    this.#size = Math.max(this.#size, size);
  }
}
