import { Malformed } from './reader.ts';

const lengthBytes = 4;

/** Smaller pieces are copied together: each of them kept by itself would take hundreds of bytes. */
const smallBytes = 1024;
const gatheredBytes = 16 * 1024;

/**
 * Cuts a byte stream into frames: a 32-bit length and that many bytes. A length that is negative or above the limit is
 * `Malformed` before a byte of it is kept, so a connection can hold at most one frame of the limit.
 */
export class FrameSplitter {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #held = 0;
  /** The last of the chunks, if small pieces are being gathered there. */
  #gathering: { readonly buffer: Buffer; used: number } | undefined;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The bytes of a frame that is not complete yet. */
  get heldBytes(): number {
    return this.#held;
  }

  push(chunk: Buffer): Buffer[] {
    this.#keep(chunk);
    if (this.#held < this.#needed()) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Buffer[] = [];
    while (rest.length >= lengthBytes) {
      const end = lengthBytes + this.#checked(rest.readInt32BE(0));
      if (rest.length < end) break;
      frames.push(rest.subarray(lengthBytes, end));
      rest = rest.subarray(end);
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#gathering = undefined;
    this.#held = rest.length;
    return frames;
  }

  #keep(chunk: Buffer): void {
    this.#held += chunk.length;
    if (chunk.length >= smallBytes || this.#chunks.length === 0) {
      this.#chunks.push(chunk);
      this.#gathering = undefined;
      return;
    }
    if (this.#gathering === undefined || this.#gathering.used + chunk.length > gatheredBytes) {
      this.#gathering = { buffer: Buffer.allocUnsafe(gatheredBytes), used: 0 };
      this.#chunks.push(this.#gathering.buffer);
    }
    const { buffer, used } = this.#gathering;
    chunk.copy(buffer, used);
    this.#gathering.used += chunk.length;
    this.#chunks[this.#chunks.length - 1] = buffer.subarray(0, this.#gathering.used);
  }

  /** Bytes that must be there before joining the chunks is worth it. */
  #needed(): number {
    const first = this.#chunks[0];
    if (first === undefined || first.length < lengthBytes) return lengthBytes;
    return lengthBytes + this.#checked(first.readInt32BE(0));
  }

  #checked(length: number): number {
    if (length < 0 || length > this.#limitBytes) throw new Malformed(`frame of ${length} bytes`);
    return length;
  }
}

export function frame(payload: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(lengthBytes + payload.length);
  framed.writeInt32BE(payload.length, 0);
  payload.copy(framed, lengthBytes);
  return framed;
}
