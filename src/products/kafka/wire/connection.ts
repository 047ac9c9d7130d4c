/**
 * One connection through a link, read frame by frame, and what rules do to it. What no rule may be about passes as it comes,
 * byte for byte; what cannot be read, too.
 */
import type { Intercepted, Interceptor, Outlet } from '../../../link/interceptor.ts';
import type { Claim, RuleBook } from '../../../link/wire/rule-book.ts';
import { AnswerOrder, type Exchange } from './answer-order.ts';
import { produce, saslHandshakeKey } from './apis.ts';
import { canDo, changedAnswer, damagedRequest, errorIn, mustAnswer, refusal } from './deeds.ts';
import { apiName } from './face.ts';
import { FrameStream, lengthBytes } from './frame-stream.ts';
import type { Read, Reading, Told } from './reading.ts';
import { leastRequestBytes, readHead } from './request.ts';

/** How long a request waits for another to change places with. */
const swapWaitMs = 200;
const correlationBytes = 4;

export class WireConnection implements Interceptor {
  readonly #connection: Intercepted;
  readonly #outlet: Outlet;
  readonly #book: RuleBook;
  readonly #reading: Reading;
  readonly #requests: FrameStream;
  readonly #answers: FrameStream;
  readonly #order: AnswerOrder;
  /** A request that waits for one to change places with. */
  #waiting: { readonly frame: Buffer; readonly exchange: Exchange; readonly timer: NodeJS.Timeout } | undefined;
  /** Requests behind one whose topics are being asked for, and what is to be done after them. */
  #behind: (() => void)[] | undefined;
  #endBlind: (() => void) | undefined;
  #silent = false;
  #source: { readonly name: string | undefined } | undefined;
  /** Which ends have ended, and whether the client was told of the server's. */
  readonly #ended = { client: false, server: false, told: false };
  #over = false;

  constructor(connection: Intercepted, outlet: Outlet, book: RuleBook, reading: Reading) {
    this.#connection = connection;
    this.#outlet = outlet;
    this.#book = book;
    this.#reading = reading;
    this.#order = new AnswerOrder(
      (exchange, answer) => this.#deliver(exchange, answer),
      () => this.#endIfDone(),
    );
    this.#requests = new FrameStream(
      {
        decide: (frame, whole) => this.#decideRequest(frame, whole),
        whole: (frame) => this.#inTurn(() => this.#take(frame)),
        pass: (bytes) => this.#inTurn(() => outlet.toServer(bytes)),
        blind: () => this.#inTurn(() => this.#goBlind()),
      },
      leastRequestBytes,
    );
    this.#answers = new FrameStream(
      {
        decide: (frame) => this.#decideAnswer(frame),
        whole: (frame) => this.#answered(frame),
        pass: (bytes) => this.#pass(bytes),
        passed: () => this.#order.passed(),
        blind: () => this.#goBlind(),
      },
      correlationBytes,
    );
  }

  fromClient(chunk: Buffer): void {
    if (!this.#over) this.#requests.push(chunk);
  }

  fromServer(chunk: Buffer): void {
    if (!this.#over) this.#answers.push(chunk);
  }

  endClient(): void {
    this.#inTurn(() => {
      this.#ended.client = true;
      this.#sendWaiting();
      this.#requests.stop();
      this.#outlet.endToServer();
      if (this.#order.length === 0) this.#endIfDone();
    });
  }

  /** What is still due to the client goes out first. */
  endServer(): void {
    this.#ended.server = true;
    this.#answers.stop();
    this.#order.end();
  }

  closed(): void {
    this.#over = true;
    this.#endBlind?.();
    clearTimeout(this.#waiting?.timer);
    this.#order.clear();
  }

  #decideRequest(frame: Buffer, whole: boolean): 'pass' | 'hold' | 'more' {
    const head = readHead(frame);
    if (head === undefined) return whole ? 'hold' : 'more';
    const isSwappable = this.#waiting !== undefined && head.apiKey === produce.key;
    const isRead = this.#book.wants(apiName(head.apiKey)) || this.#reading.needs(head);
    if (isSwappable || isRead || this.#behind !== undefined) return 'hold';
    this.#sent({ head, ...this.#reading.learning(head) });
    return 'pass';
  }

  #decideAnswer(frame: Buffer): 'pass' | 'hold' | 'more' {
    if (frame.length < lengthBytes + correlationBytes) return 'more';
    const exchange = this.#order.answeredBy(frame);
    if (exchange === undefined) return 'pass';
    if (exchange.claim !== undefined || exchange.isEcho === true || exchange.learns !== undefined) return 'hold';
    return this.#order.passes(exchange) ? 'pass' : 'hold';
  }

  /** Neither direction can be read from here on: nothing is kept back any more. */
  #goBlind(): void {
    const { number } = this.#connection;
    this.#endBlind ??= this.#book.blind({ source: () => this.#sourceName(), seen: { connection: number } });
    this.#sendWaiting();
    for (const answer of this.#order.clear()) this.#toClient(answer);
    this.#requests.stop();
    this.#answers.stop();
  }

  /** A request goes to the broker, and its answer gets its place. */
  #sent(exchange: Exchange): void {
    const { apiKey, version } = exchange.head;
    this.#order.sending(exchange);
    this.#order.add(exchange);
    // what follows a handshake of that version has no headers (KIP-152)
    if (apiKey === saslHandshakeKey && version === 0) queueMicrotask(() => this.#goBlind());
  }

  #forward(frame: Buffer, exchange: Exchange): void {
    this.#sent(exchange);
    this.#outlet.toServer(frame);
  }

  /** A request that was held. */
  #take(frame: Buffer): void {
    const head = readHead(frame);
    if (head === undefined) return this.#outlet.toServer(frame);
    const read = this.#reading.read(frame, head);
    const asked = this.#book.wants(apiName(head.apiKey)) ? this.#reading.wait(read) : undefined;
    if (asked === undefined) this.#judge(frame, read);
    else this.#wait(asked, () => this.#judge(frame, read));
  }

  /** Does it at once, or behind a request whose topics are being asked for. */
  #inTurn(act: () => void): void {
    if (this.#behind === undefined) act();
    else this.#behind.push(act);
  }

  #wait(asked: Promise<void>, then: () => void): void {
    this.#behind = [];
    this.#outlet.hold('client');
    void asked.then(() => {
      const behind = this.#behind ?? [];
      this.#behind = undefined;
      this.#outlet.release('client');
      // one of them may have to ask, too: then the others wait again
      for (const act of [then, ...behind]) if (!this.#over) this.#inTurn(act);
    });
  }

  /** Finds the rule that takes the request, and does what that says. */
  #judge(frame: Buffer, { head, learns, ...read }: Read): void {
    const isAsked = this.#waiting !== undefined || this.#book.wants(apiName(head.apiKey));
    const { body, unread }: Told = isAsked ? this.#reading.bodyOf({ head, ...read }) : {};
    const plain: Exchange = {
      head,
      ...(body === undefined ? {} : { body }),
      ...(learns === undefined ? {} : { learns }),
    };
    // one deed at a time
    if (this.#waiting !== undefined && head.apiKey === produce.key) return this.#overtake(frame, plain);
    const claim = this.#claim(plain, unread);
    if (claim === undefined) return this.#forward(frame, plain);
    const exchange = { ...plain, claim };
    const { deed } = claim.rule;
    if (deed.type === 'answer-error' && !deed.served) return this.#refuse(frame, exchange, plain);
    if (deed.type === 'change-records' && deed.on === 'produce') {
      return this.#changeRequest(frame, exchange, plain, deed.how);
    }
    if (deed.type === 'delay-answer') claim.atEnd(() => this.#hurry(exchange));
    this.#forward(frame, exchange);
  }

  #claim({ head, body }: Exchange, unread: string | undefined): Claim | undefined {
    const api = apiName(head.apiKey);
    const { correlationId, version, clientId, answered } = head;
    const claim = this.#book.claim({
      ...{ api, answered, client: clientId, parts: body?.parts },
      ...(unread === undefined ? {} : { unread }),
      source: () => this.#sourceName(),
      seen: { connection: this.#connection.number, client: clientId, api, version, correlationId },
    });
    if (claim === undefined || canDo(claim, head, body)) return claim;
    claim.abandon();
    return undefined;
  }

  /** Looking it up takes time: once is enough. */
  #sourceName(): string | undefined {
    this.#source ??= { name: this.#connection.source() };
    return this.#source.name;
  }

  /** The broker does not see the parts that fail here; without others it is not asked at all. */
  #refuse(frame: Buffer, exchange: Exchange & { readonly claim: Claim }, plain: Exchange): void {
    const { rest, answer } = refusal(exchange, exchange.claim);
    if (rest !== undefined) this.#forward(rest, exchange);
    else if (answer === undefined) this.#forward(frame, plain);
    else {
      this.#order.add({ ...plain, answer });
      this.#order.release();
    }
  }

  #changeRequest(
    frame: Buffer,
    exchange: Exchange & { readonly claim: Claim },
    plain: Exchange,
    how: 'double' | 'corrupt' | 'swap',
  ): void {
    const { claim, head } = exchange;
    if (how === 'double') {
      claim.done();
      this.#forward(frame, plain);
      this.#forward(frame, { head, isEcho: true });
    } else if (how === 'swap') {
      this.#waiting = { frame, exchange, timer: setTimeout(() => this.#sendWaiting(), swapWaitMs) };
      this.#order.add(exchange);
      claim.atEnd(() => this.#sendWaiting());
    } else this.#forward(damagedRequest(frame, exchange, claim), plain);
  }

  /** The request that has come goes first, then the one that waits, if both are about the same partition. */
  #overtake(frame: Buffer, exchange: Exchange): void {
    this.#forward(frame, exchange);
    const claim = this.#waiting?.exchange.claim;
    const isOther = exchange.body?.parts.some(({ topic, partition }) =>
      claim?.parts.some((part) => part.topic === topic && part.partition === partition),
    );
    if (isOther !== true) return;
    claim?.done({ otherCorrelationId: exchange.head.correlationId });
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
    this.#order.sending(waiting.exchange);
    this.#outlet.toServer(waiting.frame);
  }

  #answered(frame: Buffer): void {
    const exchange = this.#order.answeredBy(frame);
    if (exchange === undefined) return this.#toClient(frame);
    exchange.answer = frame;
    exchange.learns?.(frame);
    const deed = exchange.claim?.inForce === true ? exchange.claim.rule.deed : undefined;
    if (deed?.type === 'delay-answer') exchange.dueMs = performance.now() + deed.delayMs;
    this.#order.release();
  }

  #hurry(exchange: Exchange): void {
    exchange.dueMs = 0;
    this.#order.release();
  }

  #deliver(exchange: Exchange, answer: Buffer): void {
    if (this.#over) return;
    const { claim } = exchange;
    if (claim === undefined) return this.#toClient(answer);
    if (!claim.inForce && !mustAnswer(claim)) {
      claim.abandon();
      return this.#toClient(answer);
    }
    const { deed } = claim.rule;
    if (deed.type === 'lose-answer') return this.#lose(exchange, claim, answer, deed.connection);
    this.#toClient(changedAnswer(exchange, claim, answer));
  }

  #lose(exchange: Exchange, claim: Claim, answer: Buffer, connection: 'closes' | 'falls silent' | 'goes on'): void {
    this.#answers.flush();
    const others = this.#order.length === 0 ? {} : { othersInFlight: this.#order.length };
    claim.done({ ...errorIn(exchange, claim, answer), ...others });
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
    this.closed();
  }

  /** A silent connection is not told that its broker is gone, unless it has ended itself. */
  #endIfDone(): void {
    const { client, server, told } = this.#ended;
    if (!server || told || (this.#silent && !client)) return;
    this.#ended.told = true;
    this.#outlet.endToClient();
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
