/**
 * JSON as bytes in one buffer that is handed on when it is full. Millions of lines as strings would be made of tens of
 * millions of pieces, which cost more than the audit that found them.
 */
export const sizeBytes = 1 << 18;
/** What no line is longer than, if nobody gave things very long names. */
export const longestLineBytes = 1 << 12;
const zero = 0x30;
const quote = 0x22;
const backslash = 0x5c;

export class JsonBytes {
  readonly #bytes: Uint8Array;
  readonly #take: (bytes: Uint8Array) => void;
  #used = 0;

  /** `take` is given bytes that are overwritten when it has returned; `bytes`: `sizeBytes` of them, to work in. */
  constructor(take: (bytes: Uint8Array) => void, bytes: Uint8Array = new Uint8Array(sizeBytes)) {
    this.#take = take;
    this.#bytes = bytes;
  }

  /** For a loop that writes lines: where the next one goes, and below how many bytes more a line may begin. */
  get address(): number {
    return this.#bytes.byteOffset + this.#used;
  }

  get spare(): number {
    return Math.max(0, sizeBytes - longestLineBytes - this.#used);
  }

  /** Somebody else wrote so many bytes from `address` on. */
  put(bytes: number): void {
    this.#used += bytes;
  }

  /** Bytes as they are: what every line repeats, encoded once by `ascii`. So few that a call to copy them costs more. */
  raw(part: Uint8Array): void {
    const bytes = this.#bytes;
    const at = this.#room(part.length);
    for (let index = 0; index < part.length; index += 1) bytes[at + index] = part[index] as number;
    this.#used = at + part.length;
  }

  /** A string in quotes. */
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

  /** A whole number from 0 to 2^48 - 1, in two halves: those of 32 bits are faster to take apart than one of 48. */
  digits(value: number): void {
    const high = Math.floor(value / 1e6);
    if (high > 0) this.#digits(high, lengthOf(high));
    this.#digits(value - high * 1e6, high > 0 ? 6 : lengthOf(value));
  }

  /** Anything else. */
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
   * Call it between lines: makes room for the next. That each part looks for room is for lines that are longer than all
   * that is spare, which none is; V8 compiles a part again when it flushes for the first time, here only once.
   */
  endLine(): void {
    if (this.#used > sizeBytes - longestLineBytes) this.flush();
  }

  flush(): void {
    const { length } = this.#bytes.subarray(0, this.#used);
    this.#used = 0; // whatever becomes of them, they are handed on once
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

  /** Where the next bytes go; there is room for so many. */
  #room(bytes: number): number {
    if (this.#used + bytes > sizeBytes) this.flush();
    return this.#used;
  }
}

export function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Decimal digits of a number below 2^31. */
function lengthOf(value: number): number {
  let length = 1;
  for (let least = 10; value >= least; least *= 10) length += 1;
  return length;
}
