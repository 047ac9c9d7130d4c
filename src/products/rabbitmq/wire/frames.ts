/**
 * One direction of an AMQP 0-9-1 connection (section 4.2.3): frames of a type, a channel and a size in 7 bytes, a payload, and
 * one byte that ends it. Whole methods are shown to somebody else; all other bytes pass as they come. Bytes that cannot be
 * frames make the stream blind: it passes everything from there on.
 */
export interface Method {
  readonly channel: number;
  /** Its class and number, 16 bits each. */
  readonly id: number;
  /** What stands behind these. */
  readonly args: Buffer;
  /** The frame as it came. */
  readonly bytes: Buffer;
}

export interface MethodSink {
  /**
   * True: the frame is taken, and does not pass. Who sends anything on by itself calls `flush` first, which hands on what came
   * before.
   */
  method(method: Method, flush: () => void): boolean;
  /** Bytes that pass, of one frame or of several. */
  pass(bytes: Buffer): void;
  /** Nothing more can be read here: another protocol, another version, or TLS. */
  blind(): void;
}

const headBytes = 7;
const endBytes = 1;
const endMark = 0xce;
const methodType = 1;
/** Methods, headers, bodies and heartbeats. */
const types: ReadonlySet<number> = new Set([methodType, 2, 3, 8]);
const nameBytes = 4;
/** No method that is looked at is longer; a longer one passes. */
const mostMethodBytes = 65_536;
const mostFrameBytes = 0x1000_0000;

/** What a client begins with; a server that speaks another version answers the same. */
const greeting = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1');

const nothing = Buffer.alloc(0);

export class MethodStream {
  readonly #sink: MethodSink;
  /** The beginning of a frame that is not enough to tell what it is, or of a method. */
  #rest: Buffer = nothing;
  /** Bytes of a frame that passes, still to come. */
  #left = 0;
  #begun = false;
  #blind = false;

  constructor(sink: MethodSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    if (this.#blind) return this.#sink.pass(chunk);
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = nothing;
    let from = 0;
    let at = 0;
    const flush = (): void => {
      if (at > from) this.#sink.pass(bytes.subarray(from, at));
      from = at;
    };
    while (at < bytes.length) {
      const size = this.#left > 0 ? this.#left : this.#sizeOf(bytes.subarray(at));
      if (size === 'more') break;
      if (size === 'no frame') {
        flush();
        this.stop();
        this.#sink.blind();
        return this.#sink.pass(bytes.subarray(at));
      }
      const frame = bytes.subarray(at, at + size);
      if (this.#left === 0 && isMethod(frame)) {
        if (frame.length < size) break;
        if (this.#sink.method(methodOf(frame), flush)) from = at + size;
        at += size;
      } else {
        this.#left = size - frame.length;
        at += frame.length;
      }
    }
    flush();
    this.#rest = bytes.subarray(at);
  }

  /** Passes what is held, and everything from now on. */
  stop(): void {
    this.#blind = true;
    if (this.#rest.length > 0) this.#sink.pass(this.#rest);
    this.#rest = nothing;
  }

  /** Of the frame that begins here, or of the greeting. */
  #sizeOf(bytes: Buffer): number | 'more' | 'no frame' {
    if (!this.#begun && bytes[0] === greeting[0]) {
      if (!bytes.subarray(0, greeting.length).equals(greeting.subarray(0, bytes.length))) return 'no frame';
      if (bytes.length < greeting.length) return 'more';
      this.#begun = true;
      return greeting.length;
    }
    if (!types.has(bytes[0] ?? 0)) return 'no frame';
    if (bytes.length < headBytes) return 'more';
    const size = headBytes + bytes.readUInt32BE(3) + endBytes;
    if (size > mostFrameBytes || (bytes.length >= size && bytes[size - 1] !== endMark)) return 'no frame';
    this.#begun = true;
    return size;
  }
}

/** One that is short enough to be looked at. @param frame what is there of it, its size at least. */
function isMethod(frame: Buffer): boolean {
  if (frame[0] !== methodType || frame.length < headBytes) return false;
  const payload = frame.readUInt32BE(3);
  return payload >= nameBytes && payload <= mostMethodBytes;
}

function methodOf(bytes: Buffer): Method {
  return {
    channel: bytes.readUInt16BE(1),
    id: bytes.readUInt32BE(headBytes),
    args: bytes.subarray(headBytes + nameBytes, bytes.length - endBytes),
    bytes,
  };
}

/** A frame with a method. */
export function methodFrame(channel: number, id: number, args: Buffer): Buffer {
  const frame = Buffer.alloc(headBytes + nameBytes + args.length + endBytes, endMark);
  frame.writeUInt8(methodType, 0);
  frame.writeUInt16BE(channel, 1);
  frame.writeUInt32BE(nameBytes + args.length, 3);
  frame.writeUInt32BE(id, headBytes);
  args.copy(frame, headBytes + nameBytes);
  return frame;
}
