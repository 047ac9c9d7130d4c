/** The answers of a connection, which leave in the order of their requests, whenever they come or are made. */
import type { Claim } from '../../../link/wire/rule-book.ts';
import { lengthBytes } from './frame-stream.ts';
import type { Asked } from './request.ts';

/** A request whose answer has not left yet. */
export interface Exchange extends Asked {
  claim?: Claim;
  /** Its turn among those that went to the broker; undefined: it did not, or not yet. */
  sent?: number;
  /** Undefined: awaited. `none`: there will be none. */
  answer?: Buffer | 'none';
  /** The second answer to a request that was sent twice: nobody is to see it. */
  readonly isEcho?: boolean;
  /** It leaves no sooner. */
  dueMs?: number;
  /** Whoever learns from its answer, whatever becomes of that. */
  readonly learns?: (answer: Buffer) => void;
}

export class AnswerOrder {
  readonly #deliver: (exchange: Exchange, answer: Buffer) => void;
  /** Called when nothing is due any more. */
  readonly #settled: () => void;
  #exchanges: Exchange[] = [];
  #sent = 0;
  /** The answer to the first exchange is passing, bit by bit. */
  #passing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(deliver: (exchange: Exchange, answer: Buffer) => void, settled: () => void) {
    this.#deliver = deliver;
    this.#settled = settled;
  }

  /** Requests whose answers have not left. */
  get length(): number {
    return this.#exchanges.length;
  }

  /** A request has come whose answer has its place behind all others. */
  add(exchange: Exchange): void {
    if (exchange.head.answered) this.#exchanges.push(exchange);
  }

  /** It goes to the broker now, which answers in that order. */
  sending(exchange: Exchange): void {
    this.#sent += 1;
    exchange.sent = this.#sent;
  }

  /** The exchange that an answer belongs to; those that were sent before it and are not answered never will be. */
  answeredBy(frame: Buffer): Exchange | undefined {
    const correlationId = frame.readInt32BE(lengthBytes);
    const found = this.#exchanges.find(
      ({ head, answer, sent }) => head.correlationId === correlationId && answer === undefined && sent !== undefined,
    );
    const turn = found?.sent ?? 0;
    this.#giveUp(({ sent }) => sent !== undefined && sent < turn);
    if (this.#exchanges[0]?.answer === 'none') this.release();
    return found;
  }

  /** Whether its answer may pass as it comes: it is the next one. If so it is passing from now on. */
  passes(exchange: Exchange): boolean {
    if (exchange !== this.#exchanges[0]) return false;
    this.#passing = true;
    return true;
  }

  /** The end of the answer that was passing, if one was. */
  passed(): void {
    if (!this.#passing) return;
    this.#passing = false;
    this.#exchanges.shift();
    this.release();
  }

  /** Nothing more comes from the broker. */
  end(): void {
    this.#giveUp(() => true);
    this.release();
  }

  /** Lets go what is due, up to the first answer that is not there or not due yet. */
  release(): void {
    if (this.#passing) return;
    clearTimeout(this.#timer);
    for (let first = this.#exchanges[0]; first?.answer !== undefined; first = this.#exchanges[0]) {
      const waitMs = (first.dueMs ?? 0) - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.release(), Math.ceil(waitMs));
        return;
      }
      this.#exchanges.shift();
      if (first.answer !== 'none' && first.isEcho !== true) this.#deliver(first, first.answer);
    }
    if (this.#exchanges.length === 0) this.#settled();
  }

  /** Keeps nothing any more. Returns the answers that were there and had not left. */
  clear(): Buffer[] {
    clearTimeout(this.#timer);
    const left = this.#exchanges;
    this.#exchanges = [];
    for (const { claim } of left) claim?.abandon();
    return left.flatMap(({ answer }) => (Buffer.isBuffer(answer) ? [answer] : []));
  }

  #giveUp(which: (exchange: Exchange) => boolean): void {
    for (const exchange of this.#exchanges) {
      if (exchange.answer !== undefined || !which(exchange)) continue;
      exchange.claim?.abandon();
      exchange.answer = 'none';
    }
  }
}
