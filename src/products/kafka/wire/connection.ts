/**
 * One connection through a link, read frame by frame. Answers leave in the order of their requests, as the protocol wants
 * it, whatever is done to them. What no rule may be about passes as it comes, byte for byte; what cannot be read, too.
 */
import type { Intercepted, Interceptor, Outlet } from '../../../link/interceptor.ts';
import type { Claim, RuleBook } from '../../../link/wire/rule-book.ts';
import { produce, saslHandshakeKey } from './apis.ts';
import { canDo, changedAnswer, damagedRequest, refusal } from './deeds.ts';
import { apiName } from './face.ts';
import { FrameStream, lengthBytes } from './frame-stream.ts';
import { type Asked, type Body, type Head, leastRequestBytes, readBody, readHead } from './request.ts';

/** How long a request waits for another to change places with. */
const swapWaitMs = 200;
const correlationBytes = 4;

/** A request whose answer has not left yet. */
interface Exchange extends Asked {
  claim?: Claim;
  /** Its turn among those that went to the broker; undefined: it did not. */
  sent?: number;
  /** Undefined: awaited. */
  answer?: Buffer | 'none';
  /** The second answer to a request that was sent twice: nobody is to see it. */
  readonly isEcho?: boolean;
  dueMs?: number;
}

export class WireConnection implements Interceptor {
  readonly #connection: Intercepted;
  readonly #outlet: Outlet;
  readonly #book: RuleBook;
  readonly #requests: FrameStream;
  readonly #answers: FrameStream;
  /** In the order in which the client sent them. */
  #exchanges: Exchange[] = [];
  #sent = 0;
  /** The answer to the first exchange is passing. */
  #passing = false;
  /** A request that waits for one to change places with. */
  #waiting: { readonly frame: Buffer; readonly exchange: Exchange; readonly timer: NodeJS.Timeout } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #silent = false;
  #source: { readonly name: string | undefined } | undefined;
  #serverEnded = false;
  #over = false;

  constructor(connection: Intercepted, outlet: Outlet, book: RuleBook) {
    this.#connection = connection;
    this.#outlet = outlet;
    this.#book = book;
    this.#requests = new FrameStream(this.#requestSink(), leastRequestBytes);
    this.#answers = new FrameStream(this.#answerSink(), correlationBytes);
  }

  fromClient(chunk: Buffer): void {
    if (!this.#over) this.#requests.push(chunk);
  }

  fromServer(chunk: Buffer): void {
    if (!this.#over) this.#answers.push(chunk);
  }

  endClient(): void {
    this.#sendWaiting();
    this.#requests.stop();
    this.#outlet.endToServer();
  }

  /** What is still due to the client goes out first. */
  endServer(): void {
    this.#serverEnded = true;
    this.#answers.stop();
    this.#abandonUnanswered();
    this.#release();
  }

  closed(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#waiting?.timer);
    for (const { claim } of this.#exchanges) claim?.abandon();
    this.#exchanges = [];
  }

  #requestSink() {
    return {
      decide: (frame: Buffer, whole: boolean) => {
        const head = readHead(frame);
        if (head === undefined) return whole ? ('hold' as const) : ('more' as const);
        const isSwappable = this.#waiting !== undefined && head.apiKey === produce.key;
        if (isSwappable || this.#book.wants(apiName(head.apiKey))) return 'hold' as const;
        this.#note({ head });
        return 'pass' as const;
      },
      whole: (frame: Buffer) => this.#take(frame),
      pass: (bytes: Buffer) => this.#outlet.toServer(bytes),
      blind: () => this.#goBlind(),
    };
  }

  #answerSink() {
    return {
      decide: (frame: Buffer) => {
        if (frame.length < lengthBytes + correlationBytes) return 'more' as const;
        const exchange = this.#answeredBy(frame);
        if (exchange === undefined) return 'pass' as const;
        if (exchange !== this.#exchanges[0] || exchange.claim !== undefined || exchange.isEcho) return 'hold' as const;
        this.#passing = true;
        return 'pass' as const;
      },
      whole: (frame: Buffer) => this.#answered(frame),
      pass: (bytes: Buffer) => this.#pass(bytes),
      passed: () => {
        if (!this.#passing) return;
        this.#passing = false;
        this.#exchanges.shift();
        this.#release();
      },
      blind: () => this.#goBlind(),
    };
  }

  /** Neither direction can be read from here on: nothing is kept back any more. */
  #goBlind(): void {
    this.#sendWaiting();
    for (const exchange of this.#exchanges) {
      exchange.claim?.abandon();
      if (Buffer.isBuffer(exchange.answer)) this.#toClient(exchange.answer);
    }
    this.#exchanges = [];
    this.#requests.stop();
    this.#answers.stop();
  }

  /** The answer to a request goes where it belongs in the order of answers. */
  #note(exchange: Exchange, sent = true): void {
    const { head } = exchange;
    if (sent) this.#sending(exchange);
    if (head.answered) this.#exchanges.push(exchange);
    // what follows a handshake of that version has no headers (KIP-152)
    if (head.apiKey === saslHandshakeKey && head.version === 0) queueMicrotask(() => this.#goBlind());
  }

  #sending(exchange: Exchange): void {
    this.#sent += 1;
    exchange.sent = this.#sent;
  }

  /** A request that a rule may be about. */
  #take(frame: Buffer): void {
    const head = readHead(frame);
    if (head === undefined) return this.#outlet.toServer(frame);
    const body = readBody(frame, head);
    const claim = this.#claim(head, body);
    const exchange: Exchange = {
      head,
      ...(body === undefined ? {} : { body }),
      ...(claim === undefined ? {} : { claim }),
    };
    const { deed } = claim?.rule ?? {};
    if (this.#waiting !== undefined && head.apiKey === produce.key) return this.#swap(frame, exchange);
    if (claim !== undefined) {
      if (deed?.type === 'answer-error' && !deed.served) return this.#refuse(frame, exchange, claim);
      if (deed?.type === 'change-records' && deed.on === 'produce') {
        return this.#changeRequest(frame, exchange, claim, deed.how);
      }
      if (deed?.type === 'delay-answer') claim.atEnd(() => this.#hurry(exchange));
    }
    this.#forward(frame, exchange);
  }

  #forward(frame: Buffer, exchange: Exchange): void {
    this.#note(exchange);
    this.#outlet.toServer(frame);
  }

  #claim(head: Head, body: Body | undefined): Claim | undefined {
    const api = apiName(head.apiKey);
    if (!this.#book.wants(api)) return undefined;
    const { correlationId, version, clientId, answered } = head;
    const claim = this.#book.claim({
      api,
      answered,
      client: clientId,
      source: () => this.#sourceName(),
      parts: body?.parts,
      seen: { connection: this.#connection.number, client: clientId, api, version, correlationId },
    });
    if (claim === undefined || canDo(claim, head, body)) return claim;
    claim.abandon();
    return undefined;
  }

  /** The broker does not see the parts that fail here; without others it is not asked at all. */
  #refuse(frame: Buffer, exchange: Exchange, claim: Claim): void {
    const { rest, answer } = refusal(exchange, claim);
    if (rest !== undefined) this.#forward(rest, exchange);
    else if (answer === undefined) this.#forward(frame, asked(exchange));
    else {
      this.#note({ ...asked(exchange), answer }, false);
      this.#release();
    }
  }

  #changeRequest(frame: Buffer, exchange: Exchange, claim: Claim, how: 'double' | 'corrupt' | 'swap'): void {
    if (how === 'double') {
      // its answer is delivered as it is: the deed is done
      claim.done();
      this.#forward(frame, asked(exchange));
      this.#forward(frame, { head: exchange.head, isEcho: true });
    } else if (how === 'swap') {
      this.#waiting = { frame, exchange, timer: setTimeout(() => this.#sendWaiting(), swapWaitMs) };
      this.#note(exchange, false);
      claim.atEnd(() => this.#sendWaiting());
    } else this.#forward(damagedRequest(frame, exchange, claim), asked(exchange));
  }

  /** Looking it up takes time: once is enough. */
  #sourceName(): string | undefined {
    this.#source ??= { name: this.#connection.source() };
    return this.#source.name;
  }

  /** The request that has come goes first, then the one that waits, if both are about the same partition. */
  #swap(frame: Buffer, exchange: Exchange): void {
    const waiting = this.#waiting;
    // one deed at a time: whatever else a rule would do to this one is left
    exchange.claim?.abandon();
    delete exchange.claim;
    this.#forward(frame, exchange);
    const claim = waiting?.exchange.claim;
    if (waiting === undefined || claim === undefined) return;
    const other = exchange.body?.parts.find(({ topic, partition }) =>
      claim.parts.some((part) => part.topic === topic && part.partition === partition),
    );
    if (other === undefined) return;
    claim.done({ otherCorrelationId: exchange.head.correlationId });
    this.#sendWaiting();
  }

  /** Swapped, or without another that came in time. */
  #sendWaiting(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    waiting.exchange.claim?.abandon();
    delete waiting.exchange.claim;
    this.#sending(waiting.exchange);
    this.#outlet.toServer(waiting.frame);
    if (!waiting.exchange.head.answered) this.#exchanges = this.#exchanges.filter((one) => one !== waiting.exchange);
  }

  /** The exchange that an answer belongs to; those that were sent before it and are not answered never will be. */
  #answeredBy(frame: Buffer): Exchange | undefined {
    const correlationId = frame.readInt32BE(lengthBytes);
    const found = this.#exchanges.find(
      ({ head, answer, sent }) => head.correlationId === correlationId && answer === undefined && sent !== undefined,
    );
    if (found?.sent === undefined) return undefined;
    const { sent } = found;
    for (const exchange of this.#exchanges) {
      if (exchange.answer !== undefined || exchange.sent === undefined || exchange.sent >= sent) continue;
      exchange.claim?.abandon();
      exchange.answer = 'none';
    }
    if (this.#exchanges[0]?.answer === 'none') this.#release();
    return found;
  }

  #answered(frame: Buffer): void {
    const exchange = this.#answeredBy(frame);
    if (exchange === undefined) return this.#toClient(frame);
    exchange.answer = frame;
    const deed = exchange.claim?.inForce === true ? exchange.claim.rule.deed : undefined;
    if (deed?.type === 'delay-answer') exchange.dueMs = performance.now() + deed.delayMs;
    this.#release();
  }

  #abandonUnanswered(): void {
    for (const exchange of this.#exchanges) {
      if (exchange.answer !== undefined) continue;
      exchange.claim?.abandon();
      exchange.answer = 'none';
    }
  }

  /** Lets go what is due, up to the first answer that is not there or not due yet. */
  #release(): void {
    if (this.#passing) return;
    clearTimeout(this.#timer);
    for (let first = this.#exchanges[0]; first?.answer !== undefined && !this.#over; first = this.#exchanges[0]) {
      const waitMs = (first.dueMs ?? 0) - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#release(), Math.ceil(waitMs));
        return;
      }
      this.#exchanges.shift();
      if (first.answer !== 'none' && first.isEcho !== true) this.#deliver(first, first.answer);
    }
    if (this.#serverEnded && this.#exchanges.length === 0 && !this.#silent) this.#outlet.endToClient();
  }

  #hurry(exchange: Exchange): void {
    exchange.dueMs = 0;
    this.#release();
  }

  #deliver(exchange: Exchange, answer: Buffer): void {
    const { claim } = exchange;
    if (claim === undefined) return this.#toClient(answer);
    if (!claim.inForce) {
      claim.abandon();
      return this.#toClient(answer);
    }
    const { deed } = claim.rule;
    if (deed.type === 'lose-answer') return this.#lose(claim, deed.connection);
    this.#toClient(changedAnswer(exchange, claim, answer));
  }

  #lose(claim: Claim, connection: 'closes' | 'falls silent' | 'goes on'): void {
    this.#answers.flush();
    claim.done(this.#exchanges.length === 0 ? {} : { othersInFlight: this.#exchanges.length });
    if (connection === 'goes on') return;
    if (connection === 'closes') return this.#close();
    this.#silent = true;
    // its client has missed answers: it cannot go on with this connection
    claim.atEnd(() => this.#close());
  }

  /** What was answered before still reaches the client; then both ends are closed. */
  #close(): void {
    if (this.#over) return;
    this.#outlet.endToClient();
    this.#outlet.endToServer();
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#waiting?.timer);
    for (const { claim } of this.#exchanges) claim?.abandon();
    this.#exchanges = [];
  }

  /** After what passes of the answers before. */
  #toClient(bytes: Buffer): void {
    this.#answers.flush();
    this.#pass(bytes);
  }

  #pass(bytes: Buffer): void {
    if (!this.#silent && !this.#over) this.#outlet.toClient(bytes);
  }
}

/** Without the deed, which is done. */
function asked({ head, body }: Exchange): Exchange {
  return { head, ...(body === undefined ? {} : { body }) };
}
