const inlineLimitBytes = 4096;

/** Grows one buffer for small values and keeps large byte strings as they are until `finish` joins everything once. */
export class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #used = 0;
  readonly #done: Buffer[] = [];
  #leftBytes: number;

  /** @param limitBytes beyond it, writing throws */
  constructor(limitBytes = Number.POSITIVE_INFINITY) {
    this.#leftBytes = limitBytes;
  }

  int8(value: number): void {
    const at = this.#reserve(1);
    this.#buffer.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
  }

  int64(value: number): void {
    const at = this.#reserve(8);
    const high = Math.floor(value / 0x1_0000_0000);
    this.#buffer.writeInt32BE(high, at);
    this.#buffer.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
  }

  uvarint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  text(value: string, lengthBytes: number): void {
    const at = this.#reserve(lengthBytes);
    this.#buffer.write(value, at, lengthBytes, 'utf8');
  }

  bytes(value: Buffer): void {
    if (value.length <= inlineLimitBytes) {
      const at = this.#reserve(value.length);
      value.copy(this.#buffer, at);
      return;
    }
    this.#count(value.length);
    this.#seal();
    this.#done.push(value);
  }

  finish(): Buffer {
    this.#seal();
    const [only] = this.#done;
    return this.#done.length === 1 && only !== undefined ? only : Buffer.concat(this.#done);
  }

  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  #count(bytes: number): void {
    this.#leftBytes -= bytes;
    if (this.#leftBytes < 0) throw new Error('a message larger than its limit');
  }

  #reserve(length: number): number {
    this.#count(length);
    const at = this.#used;
    if (at + length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, at + length));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#used = at + length;
    return at;
  }

  #seal(): void {
    if (this.#used === 0) return;
    this.#done.push(this.#buffer.subarray(0, this.#used));
    this.#buffer = Buffer.allocUnsafe(256);
    this.#used = 0;
  }
}
