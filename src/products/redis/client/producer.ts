/**
 * Sends with XADD, each attempt once. An attempt waits for a connection to the primary as long as its own time lasts;
 * what was not handed to a socket then is rejected. What was is unknown until the server has answered. Late answers count
 * as none: the application has been told.
 */
import { ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, OutgoingMessage, ProducerClient, ProducerOptions, SendResult } from '../../driver.ts';
import { CopyWaits } from './copies.ts';
import { type Ended, outcomeOf } from './errors.ts';
import { field, streamOf, streamsOf } from './keys.ts';
import { codeOf, isReply, type Link } from './link.ts';
import { positionOf } from './position.ts';
import { Route } from './route.ts';

const firstConnectMs = 5_000;
/** Sends that wait for a connection: beyond them a send is rejected at once, so that they do not fill our memory. */
const mostWaiting = 10_000;
const pollMs = 10;
/** Oneway: nobody waits for answers, so a server that stands still would fill our memory. */
const mostUnsentBytes = 4 << 20;

export async function openProducer(access: BrokerAccess, options: ProducerOptions): Promise<ProducerClient> {
  if (options.idempotent) {
    throw new ToolError('Redis has no idempotent producers', {
      code: 'idempotent-unknown',
      hint: 'set producers.idempotent to false',
    });
  }
  const producer = new RedisProducer(access, options);
  await producer.open();
  return producer;
}

class RedisProducer implements ProducerClient {
  readonly #options: ProducerOptions;
  readonly #route: Route;
  readonly #streams: readonly string[];
  readonly #wait: number;
  readonly #closing = new AbortController();
  #waiting = 0;
  #waits: { readonly link: Link; readonly copies: CopyWaits } | undefined;

  constructor(access: BrokerAccess, options: ProducerOptions) {
    this.#options = options;
    this.#route = new Route(access);
    this.#streams = streamsOf(options.channel);
    const { wait } = access.cluster as { wait?: number };
    this.#wait = options.acks === 'all' && !options.oneway ? (wait ?? 0) : 0;
    options.signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
  }

  /** A server that is down is no error here: a worker that starts in an outage has to outlast it. */
  async open(): Promise<void> {
    await Promise.race([this.#route.opened(), pause(firstConnectMs, this.#closing.signal)]);
  }

  routes(): readonly string[] {
    const address = this.#route.link?.address;
    return address === undefined ? [] : this.#streams.map(() => address);
  }

  async send({ value, partition = 0 }: OutgoingMessage): Promise<SendResult> {
    using limit = new AttemptLimit(this.#options.timeoutMs);
    const link = this.#route.link ?? (await this.#connected(limit));
    if (link === undefined) return { outcome: 'rejected', reason: 'not-connected' };
    const command = ['XADD', streamOf(this.#options.channel.name, partition), '*', field, value] as const;
    // awaited here: the limit ends with this function
    if (this.#options.oneway) return await this.#throw(link, command, limit);
    return await this.#attempt(link, partition, command, limit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#route[Symbol.dispose]();
  }

  /** Undefined: not in time. */
  async #connected(limit: AttemptLimit): Promise<Link | undefined> {
    if (this.#waiting >= mostWaiting) return undefined;
    this.#waiting += 1;
    try {
      while (!limit.over && !this.#closing.signal.aborted) {
        await limit.first(this.#route.opened());
        if (this.#route.link !== undefined) return this.#route.link;
      }
      return undefined;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #attempt(link: Link, partition: number, command: Command, limit: AttemptLimit): Promise<SendResult> {
    const answer = settled(link.call(command));
    const copies = this.#wait > 0 ? this.#copiesOf(link).ask() : undefined;
    const stored = await limit.first(answer);
    if (typeof stored !== 'string') return this.#failed(stored ?? { how: 'deadline' });
    const position = positionOf(stored);
    const place = { partition, ...(position === undefined ? {} : { position }) };
    if (copies === undefined) return { outcome: 'acked', ...place };
    const have = await limit.first(copies);
    if (have !== undefined && have >= this.#wait) return { outcome: 'acked', ...place };
    this.#route.doubt();
    return { outcome: 'degraded', ...place, reason: have === undefined ? 'WAIT_UNANSWERED' : 'WAIT_FEWER' };
  }

  /** A server that refuses may not be, or not yet be, the one; what else is in flight there gets its own answer. */
  #failed(ended: Ended): SendResult {
    this.#route.doubt();
    return outcomeOf(ended);
  }

  /** The answer comes, and nobody looks at it. */
  async #throw(link: Link, command: Command, limit: AttemptLimit): Promise<SendResult> {
    while (link.unsentBytes > mostUnsentBytes && link.open && !limit.over) await pause(pollMs, this.#closing.signal);
    if (!link.open || link.unsentBytes > mostUnsentBytes) {
      this.#route.doubt();
      return { outcome: 'rejected', reason: limit.over ? 'deadline-not-written' : 'not-connected' };
    }
    link.call(command).catch(() => this.#route.doubt());
    return { outcome: 'sent' };
  }

  #copiesOf(link: Link): CopyWaits {
    if (this.#waits?.link !== link) {
      // behind another WAIT, its answer is there before the attempt's own time is over
      const waitMs = Math.max(1, Math.floor(this.#options.timeoutMs / 3));
      this.#waits = { link, copies: new CopyWaits(link, this.#wait, waitMs) };
    }
    return this.#waits.copies;
  }
}

type Command = readonly [string, ...(string | Buffer)[]];

/** The id of the new entry, or how the server refused it, or that the connection went. Never rejects. */
async function settled(answer: Promise<unknown>): Promise<string | Ended> {
  try {
    return String(await answer);
  } catch (error) {
    return isReply(error) ? { how: 'answer', code: codeOf(error) } : { how: 'connection' };
  }
}

/** The time of one attempt. ioredis has promises that never settle: whatever happens, the attempt ends. */
class AttemptLimit implements Disposable {
  over = false;
  readonly #end: Promise<undefined>;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#end = new Promise((resolve) => {
      const end = (): void => {
        this.over = true;
        resolve(undefined);
      };
      // An answer may be waiting in the socket, if it was this process that slept: let it be read first.
      this.#timer = setTimeout(() => setImmediate(end), timeoutMs);
    });
  }

  /** Undefined: not in time. */
  first<T>(answer: Promise<T>): Promise<T | undefined> {
    return Promise.race([answer, this.#end]);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
