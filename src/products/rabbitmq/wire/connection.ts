/**
 * One connection through a link, and what rules do to the confirms of its publishes. Everything else passes as it comes, byte
 * for byte; what cannot be read, too.
 */
import type { Intercepted, Interceptor, Outlet } from '../../../link/interceptor.ts';
import type { Claim, RuleBook } from '../../../link/wire/rule-book.ts';
import { Confirms, type Published } from './confirms.ts';
import { publish } from './face.ts';
import { type Method, MethodStream } from './frames.ts';
import {
  basicAck,
  basicNack,
  basicPublish,
  type Confirm,
  channelOpen,
  confirmFrame,
  confirmOf,
  confirmSelect,
  connectionName,
  connectionStartOk,
  destinationOf,
} from './methods.ts';
import { Outbox } from './outbox.ts';

export class AmqpConnection implements Interceptor {
  readonly #connection: Intercepted;
  readonly #outlet: Outlet;
  readonly #book: RuleBook;
  readonly #requests: MethodStream;
  readonly #answers: MethodStream;
  readonly #outbox: Outbox;
  /** Channels whose publishes are confirmed, by number. */
  readonly #confirms = new Map<number, Confirms>();
  #client = '';
  #source: { readonly name: string | undefined } | undefined;
  #endBlind: (() => void) | undefined;
  #silent = false;
  #over = false;

  constructor(connection: Intercepted, outlet: Outlet, book: RuleBook) {
    this.#connection = connection;
    this.#outlet = outlet;
    this.#book = book;
    this.#outbox = new Outbox(
      (bytes) => {
        if (!this.#silent && !this.#over) outlet.toClient(bytes);
      },
      () => {
        if (!this.#silent) outlet.endToClient();
      },
    );
    this.#requests = new MethodStream({
      method: (method) => this.#asked(method),
      pass: (bytes) => outlet.toServer(bytes),
      blind: () => this.#goBlind(),
    });
    this.#answers = new MethodStream({
      method: (method, flush) => this.#answered(method, flush),
      pass: (bytes) => this.#outbox.put(bytes),
      blind: () => this.#goBlind(),
    });
  }

  fromClient(chunk: Buffer): void {
    if (!this.#over) this.#requests.push(chunk);
  }

  fromServer(chunk: Buffer): void {
    if (!this.#over) this.#answers.push(chunk);
  }

  endClient(): void {
    this.#requests.stop();
    this.#outlet.endToServer();
    // whoever has ended itself is told of the other end, silence or not
    if (this.#silent) this.#outlet.endToClient();
  }

  /** What is late still reaches the client. */
  endServer(): void {
    this.#answers.stop();
    this.#outbox.end();
  }

  closed(): void {
    this.#over = true;
    this.#endBlind?.();
    this.#outbox.drop();
    for (const confirms of this.#confirms.values()) confirms.end();
    this.#confirms.clear();
  }

  /** Neither direction can be read from here on. */
  #goBlind(): void {
    const { number } = this.#connection;
    this.#endBlind ??= this.#book.blind({ source: () => this.#sourceName(), seen: { connection: number } });
    this.#requests.stop();
    this.#answers.stop();
  }

  /** Nothing that a client says is kept or changed. */
  #asked(method: Method): false {
    const { channel, id } = method;
    if (id === basicPublish) this.#published(method);
    else if (id === connectionStartOk) this.#client = connectionName(method);
    else if (id === confirmSelect && !this.#confirms.has(channel)) this.#confirms.set(channel, new Confirms());
    else if (id === channelOpen) {
      // a number may be used again, for a channel without confirms
      this.#confirms.get(channel)?.end();
      this.#confirms.delete(channel);
    }
    return false;
  }

  /** Without confirms a publish has no answer. */
  #published(method: Method): void {
    const confirms = this.#confirms.get(method.channel);
    if (!this.#book.wants(publish)) return confirms?.published(undefined);
    const topic = destinationOf(method);
    const claim = this.#book.claim({
      ...{ api: publish, client: this.#client, answered: confirms !== undefined },
      source: () => this.#sourceName(),
      parts: topic === undefined ? undefined : [{ topic, partition: noPartition }],
      seen: {
        ...{ connection: this.#connection.number, client: this.#client, api: publish },
        ...{ channel: method.channel, deliveryTag: confirms?.next ?? 0 },
      },
    });
    confirms?.published(claim);
  }

  /** Looking it up takes time: once is enough. */
  #sourceName(): string | undefined {
    this.#source ??= { name: this.#connection.source() };
    return this.#source.name;
  }

  #answered(method: Method, flush: () => void): boolean {
    if (method.id !== basicAck && method.id !== basicNack) return false;
    const confirm = confirmOf(method);
    const confirms = this.#confirms.get(method.channel);
    if (confirm === undefined || confirms === undefined) return false;
    const about = confirms.answered(confirm.tag, confirm.multiple).map(inForce);
    const isTouched = about.some(({ claim }) => claim !== undefined);
    if (!isTouched && !(confirms.hasLost && confirm.multiple)) return false;
    flush();
    this.#tell(confirm, confirms, about);
    return true;
  }

  /** Each publish by itself, so that those whose answer is lost are not among them. */
  #tell(confirm: Confirm, confirms: Confirms, about: readonly Published[]): void {
    const error = confirm.isNack ? { error: 'NACK' } : {};
    for (const [index, { tag, claim }] of about.entries()) {
      const frame = confirmFrame({ ...confirm, tag, multiple: false });
      const deed = claim?.rule.deed;
      if (claim === undefined || deed === undefined) this.#outbox.put(frame);
      else if (deed.type === 'delay-answer') this.#delay(frame, claim, deed.delayMs);
      else if (deed.type === 'lose-answer') {
        confirms.hasLost = true;
        const others = deed.connection === 'goes on' ? 0 : this.#open() + about.length - index - 1;
        claim.done({ ...error, ...(others === 0 ? {} : { othersInFlight: others }) });
        if (deed.connection === 'goes on') continue;
        for (const { claim: other } of about.slice(index + 1)) other?.abandon();
        if (deed.connection === 'closes') return this.#close();
        this.#silent = true;
        this.#outbox.drop();
        claim.atEnd(() => this.#close());
        return;
      }
    }
  }

  #delay(frame: Buffer, claim: Claim, delayMs: number): void {
    const hurry = this.#outbox.putLate(frame, delayMs, {
      left: () => (claim.inForce ? claim.done({ delayMs }) : claim.abandon()),
      dropped: () => claim.abandon(),
    });
    claim.atEnd(hurry);
  }

  /** Publishes on all channels whose answers have not come. */
  #open(): number {
    return [...this.#confirms.values()].reduce((sum, { open }) => sum + open, 0);
  }

  /** What was told before still reaches the client; then both ends are closed. */
  #close(): void {
    if (this.#over) return;
    this.#outlet.endToClient();
    this.#outlet.endToServer();
    this.closed();
  }
}

/** An exchange has none. */
const noPartition = -1;

/** A rule that was removed has done nothing to it. */
function inForce(published: Published): Published {
  const { tag, claim } = published;
  if (claim === undefined || claim.inForce) return published;
  claim.abandon();
  return { tag };
}
