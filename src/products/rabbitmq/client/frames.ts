/**
 * Counts the messages that have begun to leave for a socket: what amqplib was given is not yet written, and only what was
 * never written is proof that a message has no effect. Frames of AMQP 0-9-1 (section 4.2.3): type, channel and size in
 * 7 bytes, the payload, one byte that ends it; a method's payload begins with its class and number.
 */
import type { Duplex } from 'node:stream';

const methodFrame = 1;
const headBytes = 7;
const endBytes = 1;
const nameBytes = 4;
/** Class 60, method 40. */
const basicPublish = 0x003c_0028;

export class PublishFrames {
  readonly #begun: () => void;
  #rest = Buffer.alloc(0);
  #skip = 0;

  /** @param begun called for each Basic.Publish, in the order in which they are written. */
  constructor(begun: () => void) {
    this.#begun = begun;
  }

  take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const skipped = Math.min(this.#skip, bytes.length);
      this.#skip -= skipped;
      bytes = bytes.subarray(skipped);
      if (bytes.length < headBytes) break;
      const isMethod = bytes.readUInt8(0) === methodFrame;
      if (isMethod && bytes.length < headBytes + nameBytes) break;
      if (isMethod && bytes.readUInt32BE(headBytes) === basicPublish) this.#begun();
      this.#skip = headBytes + bytes.readUInt32BE(3) + endBytes;
    }
    this.#rest = Buffer.from(bytes);
  }
}

/** From now on sees everything that is handed to the stream, before it is. */
export function watchWrites(stream: Duplex, frames: PublishFrames): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = ((chunk: unknown, ...rest: unknown[]) => {
    if (Buffer.isBuffer(chunk)) frames.take(chunk);
    return write(chunk, ...rest);
  }) as typeof stream.write;
}
