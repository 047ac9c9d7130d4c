import { Malformed } from './reader.ts';

const lengthBytes = 4;

/**
 * Cuts a byte stream into frames: a 32-bit length and that many bytes. A length that is negative or above the limit is
 * `Malformed` before a byte of it is kept, so a connection can hold at most one frame of the limit.
 */
export class FrameSplitter {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #held = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The bytes of a frame that is not complete yet. */
  get heldBytes(): number {
    return this.#held;
  }

  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
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
    this.#held = rest.length;
    return frames;
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
