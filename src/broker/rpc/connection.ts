import { messageOf } from '../errors.ts';
import { FrameSplitter } from '../wire/frame.ts';
import { readHeader } from '../wire/message.ts';
import { Malformed, Reader } from '../wire/reader.ts';
import type { Stream, World } from '../world/world.ts';
import type { Gate } from './login/gate.ts';
import type { Memory } from './memory.ts';
import { type Answer, answerTo, HangUp, LastAnswer, type Routes } from './route.ts';
import { otherProtocol, Unserved } from './unserved.ts';

export interface ConnectionSettings {
  readonly routes: Routes;
  /** A longer request closes the connection. */
  readonly limitBytes: number;
  /** Shared by all connections of a node. */
  readonly memory: Memory;
  readonly world: Pick<World, 'log' | 'notice'>;
  /** What stands before the routes until it is known who speaks; absent: everybody may speak. */
  readonly gate?: (stream: Stream) => Gate;
}

/**
 * Serves one connection. Answers leave in the order of their requests. A request starts when those before it are answered,
 * so a parked JoinGroup or Fetch holds up its connection; only consecutive requests of a pipelined API overlap. Bytes that
 * are not of the protocol close the connection and have no other effect.
 *
 * A connection reads no further while it has enough requests, or while its peer does not read the answers. When the memory
 * of the node is full, it goes on with one request at a time; a single large request that does not fit closes it.
 */
export function serve(stream: Stream, settings: ConnectionSettings): void {
  const connection = new Connection(stream, settings);
  stream.receive(
    (chunk) => connection.take(chunk),
    () => connection.end(),
  );
}

/** What one connection may have in progress and waiting, unless it is a single request. */
const windowBytes = 8 * 1024 * 1024;
const windowRequests = 256;
/**
 * How many elements all arrays of one request may have: 50,000 partitions of 10,000 topics can be named at once, and fewer
 * when the memory is full. What is made of an element takes about so many bytes while the request is in progress.
 */
const elementsLimit = 100_000;
const elementsLimitWhenFull = 10_000;
const elementBytes = 256;

class Connection {
  readonly #stream: Stream;
  readonly #settings: ConnectionSettings;
  readonly #splitter: FrameSplitter;
  readonly #gate: Gate | undefined;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** The requests that were started and whose answers have not left yet, in order. */
  readonly #slots: Slot[] = [];
  #inProgressBytes = 0;
  /** Whether a request is in progress whose API is not pipelined: no other one may start. */
  #exclusive = false;
  /** Bytes of answers that the peer has not read yet. */
  #unreadBytes = 0;
  /** All bytes that this connection holds of the node's memory. */
  #heldBytes = 0;
  #congested = false;
  #paused = false;
  #closed = false;
  #isFirst = true;

  constructor(stream: Stream, settings: ConnectionSettings) {
    this.#stream = stream;
    this.#settings = settings;
    this.#splitter = new FrameSplitter(settings.limitBytes);
    this.#gate = settings.gate?.(stream);
  }

  take(chunk: Buffer): void {
    if (this.#closed) return;
    this.#hold(chunk.length);
    try {
      if (this.#isFirst) this.#refuseOthers(chunk);
      for (const request of this.#splitter.push(chunk)) {
        this.#waiting.push(request);
        this.#waitingBytes += request.length;
      }
      this.#pump();
      if (this.#settings.memory.isFull && this.#splitter.heldBytes > windowBytes) {
        throw new Malformed('the memory for requests is used up');
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#closed || this.#paused || !this.#hasEnough()) return;
    this.#paused = true;
    this.#stream.pause();
  }

  end(): void {
    this.#closed = true;
    this.#settings.memory.reads(this);
    this.#waiting.length = 0;
    this.#settings.memory.release(this.#heldBytes);
    this.#heldBytes = 0;
  }

  giveUp(): void {
    this.#fail(new Malformed('its answers are not read, and others need the memory'));
  }

  #pump(): void {
    for (let next = this.#waiting[0]; next !== undefined && !this.#closed; next = this.#waiting[0]) {
      if (this.#isCongested() || !this.#start(next)) break;
      this.#waiting.shift();
      this.#waitingBytes -= next.length;
    }
    if (!this.#paused || this.#closed || this.#hasEnough()) return;
    this.#paused = false;
    this.#stream.resume();
  }

  /** Whether no more requests should be read before others are answered. */
  #hasEnough(): boolean {
    if (this.#waiting.length > windowRequests || this.#waitingBytes > windowBytes) return true;
    return this.#settings.memory.isFull && this.#waiting.length + this.#slots.length > 0;
  }

  /** Whether the peer is slow to read its answers: then no further request starts. */
  #isCongested(): boolean {
    if (this.#congested) return true;
    const congestion = this.#stream.congested();
    if (congestion === undefined) {
      this.#hold(-this.#unreadBytes);
      this.#unreadBytes = 0;
      return false;
    }
    this.#congested = true;
    this.#settings.memory.stalls(this);
    void congestion.then(() => {
      this.#congested = false;
      this.#settings.memory.reads(this);
      this.#settle();
    });
    return true;
  }

  /** False if the request has to wait for those before it. */
  #start(request: Buffer): boolean {
    const gate = this.#gate;
    if (gate !== undefined && !gate.isOpen) {
      // what was asked before decides whether this may be
      if (this.#slots.length > 0) return false;
      if (!gate.admits(request)) {
        this.#begin(request, false, gate.answer(request, this.#settings.routes));
        return true;
      }
    }
    const { routes, memory } = this.#settings;
    const reader = new Reader(request, 0, memory.isFull ? elementsLimitWhenFull : elementsLimit);
    const header = readHeader(reader);
    const pipelined = routes.get(header.apiKey)?.pipelined === true;
    if (this.#slots.length > 0) {
      const isMuch = this.#inProgressBytes + request.length > windowBytes || memory.isFull;
      if (this.#exclusive || !pipelined || isMuch || this.#slots.length >= windowRequests) return false;
    }
    const answering = answerTo(routes, header, reader, this.#stream.peer);
    // By now the request is read, and its elements are known.
    this.#begin(request, pipelined, answering, reader.elements * elementBytes);
    return true;
  }

  #begin(request: Buffer, pipelined: boolean, answering: Promise<Answer | undefined>, elementsBytes = 0): void {
    this.#exclusive = !pipelined;
    const slot: Slot = { done: false, answer: undefined, requestBytes: request.length, elementsBytes };
    this.#slots.push(slot);
    this.#inProgressBytes += request.length;
    this.#hold(elementsBytes);
    answering.then(
      (answer) => {
        slot.answer = answer;
        slot.done = true;
        this.#settle();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #settle(): void {
    if (this.#closed) return;
    for (let first = this.#slots[0]; first?.done === true; first = this.#slots[0]) {
      this.#slots.shift();
      this.#inProgressBytes -= first.requestBytes;
      this.#hold(-first.requestBytes - lengthBytes - first.elementsBytes);
      if (first.answer !== undefined) this.#write(first.answer);
    }
    try {
      this.#isCongested();
      this.#pump();
    } catch (error) {
      this.#fail(error);
    }
  }

  #write(answer: Answer): void {
    for (const part of answer) {
      this.#unreadBytes += part.length;
      this.#hold(part.length);
      this.#stream.write(part);
    }
  }

  #hold(bytes: number): void {
    // To hold may close connections, this one included, which then holds nothing any more.
    if (this.#closed) return;
    this.#heldBytes += bytes;
    this.#settings.memory.hold(bytes);
  }

  #refuseOthers(first: Buffer): void {
    this.#isFirst = false;
    const other = otherProtocol(first);
    if (other !== undefined) throw new Unserved(`a client from ${this.#stream.peer} speaks ${other}`);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    const { world } = this.#settings;
    if (error instanceof Unserved) world.notice(error.message);
    else if (error instanceof Malformed) world.log(`closing a connection from ${this.#stream.peer}: ${error.message}`);
    else if (!(error instanceof HangUp || error instanceof LastAnswer))
      world.log(`request failed: ${error instanceof Error ? error.stack : messageOf(error)}`);
    this.end();
    if (!(error instanceof LastAnswer)) return this.#stream.close();
    for (const part of error.answer) this.#stream.write(part);
    this.#stream.close('written');
  }
}

/** Of the length before each request. */
const lengthBytes = 4;

interface Slot {
  readonly requestBytes: number;
  readonly elementsBytes: number;
  done: boolean;
  answer: Answer | undefined;
}
