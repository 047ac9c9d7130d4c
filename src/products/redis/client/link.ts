/**
 * One connection to one server, for one life: when it ends it has ended, and whatever was in flight has failed. ioredis
 * connects again by itself, sends again what was in flight, queues what cannot be sent, and has promises that never
 * settle when a connection flaps (redis/ioredis #1285, #1718). So none of that is used, and every call has a deadline.
 */
import type { Redis } from 'ioredis';
import { noAbort, within } from '../../../wait.ts';
import type { BrokerAccess } from '../../driver.ts';

export type Word = string | number | Buffer;

const connectMs = 1_000;

export interface LinkOptions {
  /** For the connection and its first answer. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** Resolves once the server has answered PING: connected, logged in, and not loading any more. */
export async function openLink(access: BrokerAccess, address: string, options: LinkOptions = {}): Promise<Link> {
  const { deadlineMs = connectMs, signal } = options;
  const { Redis: Client } = await import('ioredis');
  const redis = new Client(redisOptions(access, address, deadlineMs));
  const link = new Link(redis, address);
  try {
    await within(redis.connect(), { what: `connect to ${address}`, boundMs: deadlineMs, signal: signal ?? noAbort });
    await link.ask(['PING'], deadlineMs, signal);
    return link;
  } catch (error) {
    link.end();
    // what refused us is told aside; the promise knows of the closed connection only
    throw link.trouble ?? error;
  }
}

export class Link {
  readonly address: string;
  /** Aborts when the connection has ended, whoever ended it. */
  readonly ended: AbortSignal;
  readonly #redis: Redis;
  readonly #ended = new AbortController();
  #trouble: Error | undefined;

  constructor(redis: Redis, address: string) {
    this.#redis = redis;
    this.address = address;
    this.ended = this.#ended.signal;
    redis.on('error', (error: Error) => {
      this.#trouble ??= error;
    });
    redis.once('close', () => this.#ended.abort());
    redis.once('end', () => this.#ended.abort());
  }

  /** The first error that the client told of aside. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /** A command that is called now is handed to the socket. */
  get open(): boolean {
    return !this.#ended.signal.aborted && this.#redis.status === 'ready' && this.#redis.stream?.writable === true;
  }

  /** Bytes that were handed over and that the socket has not taken yet. */
  get unsentBytes(): number {
    return this.#redis.stream?.writableLength ?? 0;
  }

  /** Strings come as strings. The promise may never settle: see `ask`. */
  call([command, ...words]: readonly [string, ...Word[]]): Promise<unknown> {
    return this.#redis.call(command, ...words);
  }

  /** Every string comes as a buffer. The promise may never settle: see `askBytes`. */
  callBytes([command, ...words]: readonly [string, ...Word[]]): Promise<unknown> {
    return this.#redis.callBuffer(command, ...words);
  }

  /** A connection that has let a deadline pass is ended: the next answer on it would be late too. */
  ask(command: readonly [string, ...Word[]], deadlineMs: number, signal?: AbortSignal): Promise<unknown> {
    return this.#bounded(this.call(command), command[0], deadlineMs, signal);
  }

  askBytes(command: readonly [string, ...Word[]], deadlineMs: number, signal?: AbortSignal): Promise<unknown> {
    return this.#bounded(this.callBytes(command), command[0], deadlineMs, signal);
  }

  /** Destroys the socket: nothing is written any more. */
  end(): void {
    this.#redis.disconnect();
    this.#redis.stream?.destroy();
    this.#ended.abort();
  }

  async #bounded(answer: Promise<unknown>, what: string, deadlineMs: number, signal?: AbortSignal): Promise<unknown> {
    try {
      return await within(answer, {
        what: `${what} at ${this.address}`,
        boundMs: deadlineMs,
        signal: signal ?? noAbort,
      });
    } catch (error) {
      if (!isReply(error)) this.end();
      throw error;
    }
  }
}

/** An error that is an answer of the server. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** The server's own name of an error: the first word of its answer. */
export function codeOf(error: Error): string {
  return error.message.split(' ', 1)[0] ?? '';
}

function redisOptions({ clientId, login, tls }: BrokerAccess, address: string, connectTimeout: number) {
  const { host, port } = parseAddress(address);
  return {
    host,
    port,
    lazyConnect: true,
    connectTimeout,
    connectionName: clientId.replaceAll(/[^\x21-\x7e]/g, '-'),
    retryStrategy: () => null,
    reconnectOnError: null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    enableReadyCheck: false, // waits a second for a server that loads; our own PING asks more often
    protocol: 2 as const, // answers of one shape, whatever the server's version
    disableClientInfo: true,
    ...(login === undefined ? {} : { username: login.username, password: login.password }),
    ...(tls === undefined
      ? {}
      : { tls: { ...tls, host, ...(tls.servername === undefined ? {} : { servername: tls.servername }) } }),
  };
}

export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replaceAll(/[[\]]/g, ''), port: Number(address.slice(colon + 1)) };
}
