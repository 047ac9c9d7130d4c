import { Malformed } from '../reader.ts';

/** Decompressed bytes, up to a limit. */
export class Output {
  readonly #limitBytes: number;
  #buffer: Buffer;
  #length = 0;

  constructor(limitBytes: number, expectedBytes: number) {
    this.#limitBytes = limitBytes;
    this.#buffer = Buffer.allocUnsafe(Math.min(Math.max(expectedBytes, 64), limitBytes));
  }

  get length(): number {
    return this.#length;
  }

  append(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#buffer.set(data, this.#length);
    this.#length += data.length;
  }

  /** Appends `length` bytes of what begins `distance` bytes before the end. The two may overlap: then they repeat. */
  repeat(distance: number, length: number): void {
    if (distance < 1 || distance > this.#length) throw new Malformed(`copy of what is ${distance} bytes back`);
    this.#reserve(length);
    const from = this.#length - distance;
    if (distance >= length) this.#buffer.copyWithin(this.#length, from, from + length);
    else for (let at = 0; at < length; at++) this.#buffer[this.#length + at] = this.#buffer[from + at] ?? 0;
    this.#length += length;
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(length: number): void {
    const wanted = this.#length + length;
    if (wanted > this.#limitBytes) throw new TooLarge(`more than ${this.#limitBytes} bytes`);
    if (wanted <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.#limitBytes, Math.max(wanted, this.#buffer.length * 2)));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** What was decompressed would be larger than allowed. */
export class TooLarge extends Error {}
