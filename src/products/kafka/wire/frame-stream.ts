/**
 * One direction of a connection as a sequence of frames, each a length of 32 bits and that many bytes. Of each frame
 * somebody else decides, as soon as its first bytes are there, whether it passes as it comes or is held until it is whole.
 * Bytes that cannot be frames make the stream blind: it passes everything from there on.
 */
export interface FrameSink {
  /**
   * What becomes of a frame of which this much is there, from its length on. Asked again when more has come, until the
   * answer is `pass`, or `hold` for a frame that is whole.
   */
  decide(head: Buffer, whole: boolean): 'pass' | 'hold' | 'more';
  /** A frame that was held, with its length. */
  whole(frame: Buffer): void;
  /** Bytes that pass, of one frame or of several. */
  pass(bytes: Buffer): void;
  /** The end of a frame that passes. Its bytes may not have been handed on yet: see `flush`. */
  passed?(): void;
  /** Nothing more can be read here. */
  blind(): void;
}

export const lengthBytes = 4;
const nothing = Buffer.alloc(0);
/** More than any broker takes or sends: the stream is not what we think. */
const mostFrameBytes = 0x1000_0000;

export class FrameStream {
  readonly #sink: FrameSink;
  readonly #leastBytes: number;
  /** Bytes of the passing frame that are still to come. */
  #left = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** So many must be held before another look is worth it. */
  #neededBytes = 0;
  #blind = false;
  /** What is being read, and of that what passes and is not handed on yet. */
  #bytes: Buffer = nothing;
  #from = 0;
  #at = 0;

  /** @param leastBytes what every frame has after its length. */
  constructor(sink: FrameSink, leastBytes: number) {
    this.#sink = sink;
    this.#leastBytes = leastBytes;
  }

  /** Passes what is held, and everything from now on. */
  stop(): void {
    if (this.#blind) return;
    this.#blind = true;
    if (this.#heldBytes > 0) this.#sink.pass(this.#takeHeld());
  }

  push(chunk: Buffer): void {
    if (this.#blind) return this.#sink.pass(chunk);
    if (this.#heldBytes === 0) return this.#read(chunk);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= this.#neededBytes) this.#read(this.#takeHeld());
  }

  /** Hands on what passes and was read so far. What is sent on by other ways comes after it. */
  flush(): void {
    const bytes = this.#bytes.subarray(this.#from, this.#at);
    this.#from = this.#at;
    if (bytes.length > 0) this.#sink.pass(bytes);
  }

  #read(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#from = 0;
    this.#at = 0;
    while (this.#at < bytes.length && !this.#blind) {
      if (this.#left > 0) this.#passOn(bytes.length);
      else if (!this.#begin(bytes.subarray(this.#at))) break;
    }
    if (this.#blind) this.#at = bytes.length;
    this.flush();
    this.#bytes = nothing;
    this.#from = 0;
    this.#at = 0;
  }

  #passOn(length: number): void {
    const part = Math.min(this.#left, length - this.#at);
    this.#at += part;
    this.#left -= part;
    if (this.#left === 0) this.#sink.passed?.();
  }

  /** Decides on the frame that begins here. False: the rest of what was read is kept until more has come. */
  #begin(rest: Buffer): boolean {
    const size = rest.length < lengthBytes ? undefined : lengthBytes + rest.readInt32BE(0);
    if (size !== undefined && !this.#isFrame(size)) {
      this.#blind = true;
      this.flush();
      this.#sink.blind();
      return true;
    }
    const isWhole = size !== undefined && rest.length >= size;
    const decision = size === undefined ? 'more' : this.#sink.decide(isWhole ? rest.subarray(0, size) : rest, isWhole);
    if (decision === 'pass' && size !== undefined) {
      this.#left = size;
      return true;
    }
    this.flush();
    if (isWhole) {
      this.#at += size;
      this.#from = this.#at;
      this.#sink.whole(rest.subarray(0, size));
      return true;
    }
    this.#held = [rest];
    this.#heldBytes = rest.length;
    this.#neededBytes = decision === 'hold' && size !== undefined ? size : rest.length + 1;
    this.#from = this.#at;
    return false;
  }

  #isFrame(size: number): boolean {
    return size >= lengthBytes + this.#leastBytes && size <= mostFrameBytes;
  }

  #takeHeld(): Buffer {
    const [only] = this.#held;
    const bytes = this.#held.length === 1 && only !== undefined ? only : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return bytes;
  }
}
