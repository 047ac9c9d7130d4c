/** Message bodies: slices of one seeded block, so that neighbours differ and a compressor or a cache gains nothing. */

import { stream } from '../plan/random.ts';
import { envelopeBytes } from '../products/envelope.ts';

const blockBytes = 64 * 1024;

export class Body {
  readonly #block: Uint8Array;
  readonly #sizeBytes: number;

  /** @param payloadBytes size of the whole message value, envelope included. */
  constructor(seed: number, payloadBytes: number) {
    const random = stream(seed, 'payload');
    this.#sizeBytes = Math.max(0, payloadBytes - envelopeBytes);
    this.#block = new Uint8Array(blockBytes + this.#sizeBytes);
    for (let i = 0; i < this.#block.length; i += 1) this.#block[i] = random.int(256);
  }

  of(seq: number): Uint8Array {
    const from = (seq * 61) % blockBytes;
    return this.#block.subarray(from, from + this.#sizeBytes);
  }
}
