/**
 * One direction of a connection: what is read from its source goes to its sink, at once or as its course says. A sink
 * that takes no more, a queue that is full and a silence stop the reading, so that the sender feels it as it would feel
 * the node itself: by a full buffer.
 */
import type { Socket } from 'node:net';
import { type Course, isStraight, straight } from './course.ts';

/** Unsent bytes of the sink above which its source is held. Several reads of Node (64 KiB each) fit in. */
const sinkLimitBytes = 262_144;
/** What a queue of delayed bytes holds: about what Linux lets be in flight on a long line (net.ipv4.tcp_rmem). */
const queueLimitBytes = 6_291_456;
/** A narrow place holds this much time of bytes, and passes them on in pieces of that much. */
const narrowQueueMs = 250;
const narrowPieceMs = 20;

/** What keeps a source from being read. */
export type Hold = 'sink' | 'queue' | 'silence' | 'interceptor';

interface Piece {
  /** Undefined: the end of the direction. */
  readonly chunk: Buffer | undefined;
  dueMs: number;
}

export class Flow {
  /** Handed to the sink. */
  bytes = 0;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #holds = new Set<Hold>();
  #course = straight;
  #plain = true;
  #queue: Piece[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(source: Socket, sink: Socket) {
    this.#source = source;
    this.#sink = sink;
    sink.on('drain', () => this.release('sink'));
  }

  /** Bytes that have come, and that the course still keeps back. */
  get keptBytes(): number {
    return this.#queuedBytes;
  }

  /** Begins to read, unless something holds the source. */
  start(): void {
    if (this.#holds.size === 0) this.#source.resume();
  }

  take(chunk: Buffer): void {
    if (this.#plain && this.#queue.length === 0) this.#write(chunk);
    else this.#enqueue(chunk);
  }

  /** Nothing more comes: the sink is told so once everything before is out. */
  finish(): void {
    if (this.#over) return;
    if (this.#plain && this.#queue.length === 0) this.#sink.end();
    else {
      for (const bent of this.#course.bent) bent('end');
      this.#queue.push({ chunk: undefined, dueMs: this.#dueMs(0) + this.#course.closeDelayMs });
      this.#pass();
    }
  }

  /** From now on. What a course that was slow has kept back goes out at once when the new one is not. */
  follow(course: Course): void {
    this.#course = course;
    this.#plain = isStraight(course);
    if (course.latencies.length === 0 && course.narrows.length === 0) {
      for (const piece of this.#queue) piece.dueMs = 0;
    }
    // the first that comes in a silence is still read: it shows that somebody has tried
    if (!course.silent) this.release('silence');
    else if (this.#queue.length > 0) this.hold('silence');
    this.#pass();
  }

  hold(why: Hold): void {
    if (this.#holds.size === 0) this.#source.pause();
    this.#holds.add(why);
  }

  release(why: Hold): void {
    if (this.#holds.delete(why) && this.#holds.size === 0 && !this.#over) this.#source.resume();
  }

  /** Nothing of it passes any more. */
  stop(): void {
    this.#over = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    clearTimeout(this.#timer);
  }

  #enqueue(chunk: Buffer): void {
    if (this.#over) return;
    for (const bent of this.#course.bent) bent('bytes');
    if (this.#course.silent) this.hold('silence');
    for (const piece of this.#pieces(chunk)) this.#queue.push({ chunk: piece, dueMs: this.#dueMs(piece.length) });
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > this.#limitBytes()) this.hold('queue');
    this.#pass();
  }

  /** A narrow place lets a chunk through bit by bit, not whole at the end of its time. */
  #pieces(chunk: Buffer): Buffer[] {
    const most = Math.ceil((this.#slowest() * narrowPieceMs) / 1000);
    if (chunk.length <= most) return [chunk];
    const count = Math.ceil(chunk.length / most);
    return Array.from({ length: count }, (_, index) => chunk.subarray(index * most, (index + 1) * most));
  }

  #dueMs(bytes: number): number {
    const nowMs = performance.now();
    const { latencies, narrows } = this.#course;
    const throughMs = Math.max(nowMs, ...narrows.map((narrow) => narrow.through(bytes, nowMs)));
    const laterMs = latencies.reduce(
      (sum, { delayMs, jitterMs, random }) => sum + Math.max(0, delayMs + (2 * random() - 1) * jitterMs),
      0,
    );
    return Math.max(this.#queue.at(-1)?.dueMs ?? 0, throughMs + laterMs);
  }

  #limitBytes(): number {
    const { latencies } = this.#course;
    const delayMs = latencies.reduce((sum, latency) => sum + latency.delayMs + latency.jitterMs, narrowQueueMs);
    return Math.min(queueLimitBytes, Math.max(16_384, (this.#slowest() * delayMs) / 1000));
  }

  #slowest(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#course.narrows.map(({ bytesPerSecond }) => bytesPerSecond));
  }

  /** Passes on what is due, and comes back when the next is. */
  #pass(): void {
    clearTimeout(this.#timer);
    if (this.#over || this.#course.silent) return;
    const nowMs = performance.now();
    let passed = 0;
    for (const { chunk, dueMs } of this.#queue) {
      if (dueMs > nowMs || this.#over) break;
      passed += 1;
      if (chunk === undefined) this.#sink.end();
      else {
        this.#queuedBytes -= chunk.length;
        this.#write(chunk);
      }
    }
    this.#queue.splice(0, passed);
    if (this.#queuedBytes <= this.#limitBytes() / 2) this.release('queue');
    const next = this.#queue[0];
    if (next !== undefined) this.#timer = setTimeout(() => this.#pass(), Math.max(0, next.dueMs - nowMs));
  }

  #write(chunk: Buffer): void {
    const { cuts } = this.#course;
    const cut = cuts.find(({ left }) => left <= chunk.length);
    if (cut === undefined) {
      for (const one of cuts) one.left -= chunk.length;
      this.#hand(chunk);
      return;
    }
    this.#hand(chunk.subarray(0, cut.left));
    cut.cut();
  }

  #hand(chunk: Buffer): void {
    if (this.#sink.destroyed || this.#over) return; // nobody is there to read it
    this.bytes += chunk.length;
    this.#sink.write(chunk);
    if (this.#sink.writableLength > sinkLimitBytes) this.hold('sink');
  }
}
