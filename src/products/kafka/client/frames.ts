/**
 * What went over the wire, seen for ourselves. kafkajs's errors do not tell whether a Produce request was written: its
 * reconnect error replaces the first one (producer/sendMessages.js), so a message that the broker appended right before
 * it died ends as ECONNREFUSED. So the sockets are watched: which attempts were written, and what the broker answered.
 *
 * And they are guarded: an attempt is let out only while it is open. Once its outcome is known nothing of it can be
 * written any more, whatever kafkajs still holds in a queue. That is what makes "never written" a proof.
 *
 * An attempt is known by its message's identity (see envelope.ts): producer, attempt and sequence, eight bytes.
 */
import type { Socket } from 'node:net';
import { envelopeMagic } from '../../envelope.ts';

export interface Attempt {
  readonly key: string;
  /** How many Produce requests with this attempt were handed to a socket. */
  writes: number;
  /** Error code of the broker's answer to the last of them; 0 is success. */
  answer: number | undefined;
}

/** kafkajs takes it for a failed write: neither retried nor sent. */
export class RefusedFrame extends Error {
  readonly retriable = false;
  constructor() {
    super('the outcome of this attempt is settled already');
    this.name = 'RefusedFrame';
  }
}

const identityAt = 12;
const identityBytes = 8;
const produceKey = 0;
/** More than any Kafka request: the stream is not what we think. */
const maximumFrameBytes = 0x10000000;

export class ProduceFrames {
  readonly #open = new Map<string, Attempt>();
  /** Without acknowledgement there is no answer to wait for. */
  readonly #answered: boolean;
  /** kafkajs holds requests back (the broker throttles): writes happen outside of the call that made them. */
  queued = false;
  /** A stream could not be followed: from here on nothing is known not to have been written. */
  blind = false;

  constructor(options: { answered: boolean }) {
    this.#answered = options.answered;
  }

  open(envelope: Buffer): Attempt {
    const attempt: Attempt = { key: keyAt(envelope, 0), writes: 0, answer: undefined };
    this.#open.set(attempt.key, attempt);
    return attempt;
  }

  /** From now on no byte of the attempt goes out. */
  close(attempt: Attempt): void {
    if (this.#open.get(attempt.key) === attempt) this.#open.delete(attempt.key);
  }

  watch(socket: Socket): void {
    const written = new FrameStream(4);
    const received = new FrameStream(4);
    const awaited = new Map<number, Attempt>();
    const write = socket.write.bind(socket) as (chunk: Buffer, callback?: (error?: Error | null) => void) => boolean;
    const guarded = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(rest[0])) : asBuffer(chunk);
      const callback = rest.find((argument) => typeof argument === 'function') as
        | ((error?: Error | null) => void)
        | undefined;
      if (this.blind) return write(bytes, callback);
      const frames = written.push(bytes);
      if (frames === undefined) {
        this.blind = true;
        return write(written.rest(), callback);
      }
      gather(socket);
      let room = true;
      for (const frame of frames) if (this.#admit(frame, awaited)) room = write(frame);
      if (callback !== undefined) process.nextTick(callback, null);
      return room;
    };
    socket.write = guarded as typeof socket.write;
    if (this.#answered) socket.on('data', (chunk: Buffer) => settle(received, chunk, awaited));
  }

  /** Marks the attempt before its bytes leave; false for one that must not leave any more. */
  #admit(frame: Buffer, awaited: Map<number, Attempt>): boolean {
    if (frame.length < 12 || frame.readInt16BE(4) !== produceKey) return true;
    const at = frame.indexOf(envelopeMagic, 12);
    if (at === -1 || at + identityAt + identityBytes > frame.length) return true;
    const attempt = this.#open.get(keyAt(frame, at));
    if (attempt === undefined) {
      // Thrown into kafkajs's own call the request fails at once; out of its queue it would be an uncaught error.
      if (this.queued) return false;
      throw new RefusedFrame();
    }
    attempt.writes += 1;
    attempt.answer = undefined;
    if (this.#answered) awaited.set(frame.readInt32BE(8), attempt);
    return true;
  }
}

/** What is written in one turn of the event loop leaves in one system call: the largest single cost of a send. */
function gather(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

/** Takes the answers out of what a socket received. */
function settle(received: FrameStream, chunk: Buffer, awaited: Map<number, Attempt>): void {
  for (const frame of received.push(chunk) ?? []) {
    if (frame.length < 8) continue;
    const correlation = frame.readInt32BE(4);
    const attempt = awaited.get(correlation);
    if (attempt === undefined) continue;
    awaited.delete(correlation);
    attempt.answer = produceError(frame);
  }
}

/** Error code of the one partition in a Produce answer, versions 0 to 7; undefined if it is not of that form. */
function produceError(frame: Buffer): number | undefined {
  if (frame.length < 14 || frame.readInt32BE(8) !== 1) return undefined;
  const topicBytes = frame.readInt16BE(12);
  const at = 14 + topicBytes;
  if (topicBytes < 0 || frame.length < at + 10 || frame.readInt32BE(at) !== 1) return undefined;
  return frame.readInt16BE(at + 8);
}

/** Cuts a stream of size-prefixed frames, however it was chunked. */
class FrameStream {
  readonly #prefixBytes: number;
  #held: Buffer | undefined;

  constructor(prefixBytes: number) {
    this.#prefixBytes = prefixBytes;
  }

  /** Whole frames, their prefix included; undefined when the stream makes no sense. */
  push(chunk: Buffer): Buffer[] | undefined {
    let bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    const frames: Buffer[] = [];
    while (bytes.length >= this.#prefixBytes) {
      const size = bytes.readInt32BE(0);
      if (size < 0 || size > maximumFrameBytes) {
        this.#held = bytes;
        return undefined;
      }
      const end = this.#prefixBytes + size;
      if (bytes.length < end) break;
      frames.push(end === bytes.length ? bytes : bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    if (bytes.length > 0) this.#held = bytes;
    return frames;
  }

  /** What is held back of a stream that makes no sense. */
  rest(): Buffer {
    const held = this.#held ?? Buffer.alloc(0);
    this.#held = undefined;
    return held;
  }
}

function keyAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + identityAt, at + identityAt + identityBytes);
}

function encodingOf(argument: unknown): BufferEncoding {
  return typeof argument === 'string' ? (argument as BufferEncoding) : 'utf8';
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
