const inlineLimitBytes = 4096;
const firstBytes = 256;
const pieceBytes = 64 * 1024;

/**
 * Writes values one behind another. Small ones are copied into buffers of its own, large byte strings are taken as they are:
 * what is written can leave in parts, and nothing large is copied.
 */
export class Writer {
  #buffer = Buffer.allocUnsafe(firstBytes);
  #used = 0;
  #writtenBytes = 0;
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

  /** How much was written so far. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Everything as one buffer. */
  finish(): Buffer {
    const parts = this.finishInParts();
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  /** Everything as buffers in order, of which large values are the very ones that were given. */
  finishInParts(): Buffer[] {
    this.#seal();
    return this.#done;
  }

  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  #count(bytes: number): void {
    this.#leftBytes -= bytes;
    this.#writtenBytes += bytes;
    if (this.#leftBytes < 0) throw new Error('a message larger than its limit');
  }

  #reserve(length: number): number {
    this.#count(length);
    if (this.#used + length > this.#buffer.length) this.#makeRoom(length);
    const at = this.#used;
    this.#used = at + length;
    return at;
  }

  /** A buffer grows until it is a piece; behind a piece another begins. */
  #makeRoom(length: number): void {
    const needed = Math.max(this.#buffer.length * 2, this.#used + length);
    if (needed > pieceBytes && this.#used > 0) return this.#seal(Math.max(pieceBytes, length));
    const grown = Buffer.allocUnsafe(needed);
    this.#buffer.copy(grown, 0, 0, this.#used);
    this.#buffer = grown;
  }

  #seal(nextBytes = firstBytes): void {
    if (this.#used > 0) this.#done.push(this.#buffer.subarray(0, this.#used));
    this.#buffer = Buffer.allocUnsafe(nextBytes);
    this.#used = 0;
  }
}
