/** The bytes do not follow the protocol. The connection they came from is closed; nothing else suffers. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Reads primitive values front to back; running past the end is `Malformed`, never an out-of-range read. */
export class Reader {
  readonly buffer: Buffer;
  offset: number;
  readonly #elementsLimit: number;
  #elements = 0;

  /** @param elementsLimit how many elements all arrays together may have; tagged fields are counted as well */
  constructor(buffer: Buffer, offset = 0, elementsLimit = Number.POSITIVE_INFINITY) {
    this.buffer = buffer;
    this.offset = offset;
    this.#elementsLimit = elementsLimit;
  }

  /** Of all arrays that were read. */
  get elements(): number {
    return this.#elements;
  }

  /** To be called before the elements of an array are read. */
  countElements(count: number): void {
    this.#elements += count;
    if (this.#elements > this.#elementsLimit)
      throw new Malformed(`array of ${count}: too many elements in one request`);
  }

  get remaining(): number {
    return this.buffer.length - this.offset;
  }

  /** Reserves `length` bytes and returns where they start. */
  advance(length: number): number {
    const at = this.offset;
    if (length < 0 || length > this.buffer.length - at) throw new Malformed(`needs ${length} bytes at ${at}`);
    this.offset = at + length;
    return at;
  }

  int8(): number {
    return this.buffer.readInt8(this.advance(1));
  }

  uint8(): number {
    return this.buffer.readUInt8(this.advance(1));
  }

  /** Of 1 to 4 bytes, the lowest first: as compressed formats have them. */
  uintLE(lengthBytes: number): number {
    return this.buffer.readUIntLE(this.advance(lengthBytes), lengthBytes);
  }

  int16(): number {
    return this.buffer.readInt16BE(this.advance(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.advance(4));
  }

  /** As a number: offsets, times and producer ids stay below 2^53. A wilder value from a client is clamped. */
  int64(): number {
    const at = this.advance(8);
    const value = this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4);
    return Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.advance(1)] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Malformed('variable-length integer of more than five bytes');
  }

  /** A view, not a copy. */
  take(length: number): Buffer {
    const at = this.advance(length);
    return this.buffer.subarray(at, at + length);
  }

  /** KIP-482 tagged fields: none is known here, all are skipped. */
  skipTags(): void {
    const count = this.uvarint();
    this.countElements(count);
    for (let left = count; left > 0; left--) {
      this.uvarint();
      this.advance(this.uvarint());
    }
  }
}
