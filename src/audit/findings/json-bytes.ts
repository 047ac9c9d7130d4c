/**
 * JSON as bytes in one buffer, which is passed on when it is full. As strings, millions of lines would consist of tens
 * of millions of pieces, and building them would take longer than the audit.
 */
export const sizeBytes = 1 << 18;
/** No line is longer than this unless the run has very long names. */
export const longestLineBytes = 1 << 12;
const zero = 0x30;
const quote = 0x22;
const backslash = 0x5c;

export class JsonBytes {
  readonly #bytes: Uint8Array;
  readonly #take: (bytes: Uint8Array) => void;
  #used = 0;

  /** `take` is given bytes that are overwritten once it has returned. `bytes` is the buffer, of `sizeBytes`. */
  constructor(take: (bytes: Uint8Array) => void, bytes: Uint8Array = new Uint8Array(sizeBytes)) {
    this.#take = take;
    this.#bytes = bytes;
  }

  /** The address of the next line, for a WebAssembly loop that writes lines into the buffer itself. */
  get address(): number {
    return this.#bytes.byteOffset + this.#used;
  }

  /** The bytes from `address` on in which such a loop may begin a line; 0 if the buffer has to be flushed first. */

  get spare(): number {
    return Math.max(0, sizeBytes - longestLineBytes - this.#used);
  }

  /** Counts bytes that a loop wrote from `address` on. */
  put(bytes: number): void {
    this.#used += bytes;
  }

  /** Writes a constant part that `ascii` encoded. It is so short that this loop is faster than a call of `set`. */
  raw(part: Uint8Array): void {
    const bytes = this.#bytes;
    const at = this.#room(part.length);
    for (let index = 0; index < part.length; index += 1) bytes[at + index] = part[index] as number;
    this.#used = at + part.length;
  }

  /** Writes a string in quotes. */
  quoted(text: string): void {
    if (text.length + 2 > sizeBytes) return this.json(text);
    const at = this.#room(text.length + 2);
    this.#bytes[at] = quote;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e || code === quote || code === backslash) {
        return this.json(text);
      }
      this.#bytes[at + 1 + index] = code;
    }
    this.#bytes[at + 1 + text.length] = quote;
    this.#used = at + text.length + 2;
  }

  /**
   * Writes a whole number from 0 to 2^48 - 1. It does so in two parts, because division is faster on 32 bits than on
   * 48.
   */
  digits(value: number): void {
    const high = Math.floor(value / 1e6);
    if (high > 0) this.#digits(high, lengthOf(high));
    this.#digits(value - high * 1e6, high > 0 ? 6 : lengthOf(value));
  }

  /** Writes any other value as JSON. */
  json(value: unknown): void {
    const bytes = Buffer.from(JSON.stringify(value));
    if (bytes.length > sizeBytes) {
      this.flush();
      this.#take(bytes);
      return;
    }
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    this.#used = at + bytes.length;
  }

  /**
   * Call it after each line: it flushes the buffer when less than one long line fits. Every part checks for room as
   * well, but only a line longer than `longestLineBytes` needs that. Flushing here keeps the parts from being
   * deoptimized by V8 when they first flush.
   */
  endLine(): void {
    if (this.#used > sizeBytes - longestLineBytes) this.flush();
  }

  flush(): void {
    const { length } = this.#bytes.subarray(0, this.#used);
    this.#used = 0; // the bytes are passed on once, even if `take` throws
    if (length > 0) this.#take(this.#bytes.subarray(0, length));
  }

  #digits(value: number, length: number): void {
    const at = this.#room(length);
    let rest = value | 0;
    for (let index = at + length - 1; index >= at; index -= 1) {
      const tenth = (rest / 10) | 0;
      this.#bytes[index] = zero + rest - tenth * 10;
      rest = tenth;
    }
    this.#used = at + length;
  }

  /** The index for the next bytes. Flushes the buffer first if it has no room for so many. */
  #room(bytes: number): number {
    if (this.#used + bytes > sizeBytes) this.flush();
    return this.#used;
  }
}

export function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** The number of decimal digits of a number below 2^31. */
function lengthOf(value: number): number {
  let length = 1;
  for (let least = 10; value >= least; least *= 10) length += 1;
  return length;
}
