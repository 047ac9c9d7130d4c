/**
 * One connection to one server. The client library never connects again by itself: what is published while it is not
 * connected it would keep, and write once it is, long after the attempt has ended. So a connection that is lost stays
 * lost, and whoever wants another makes one.
 */
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { noAbort, pause, throwIfAborted, within } from '../../../wait.ts';
import type { BrokerAccess } from '../../driver.ts';

const connectMs = 2_000;
const closeMs = 1_000;
/** A server that answers no ping any more (it is paused) is given up after three of these. */
const pingMs = 1_500;
const requestMs = 3_000;

/** The first of the addresses that lets us in, beginning with the one of that number. @throws the last one's error. */
export async function connectAny(access: BrokerAccess, first: number, signal: AbortSignal): Promise<NatsConnection> {
  const { bootstrap } = access;
  let failure: unknown = new Error('there is no address to connect to');
  for (let i = 0; i < bootstrap.length; i += 1) {
    throwIfAborted(signal);
    try {
      return await connectTo(bootstrap[(first + i) % bootstrap.length] ?? '', access);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function connectTo(address: string, { clientId, tls, login }: BrokerAccess): Promise<NatsConnection> {
  const connecting = connect({
    servers: address,
    name: clientId,
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    timeout: connectMs,
    pingInterval: pingMs,
    maxPingOut: 2,
    ...(login === undefined ? {} : { user: login.username, pass: login.password }),
    ...(tls === undefined ? {} : { tls }),
  });
  const connected = within(connecting, { what: `connect to ${address}`, boundMs: 2 * connectMs, signal: noAbort });
  try {
    const connection = await connected;
    void endWhenStale(connection);
    return connection;
  } catch (error) {
    void connecting.then(closeQuietly, () => undefined);
    throw error;
  }
}

/**
 * Ends a connection whose server answers no ping. The client does so by itself only once it has written what it was given,
 * which a paused server with a full socket never takes.
 */
async function endWhenStale(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === 'staleConnection') break;
  await connection.close();
}

/** What was handed over is written first, if the server still takes it. */
export async function closeQuietly(connection: NatsConnection): Promise<void> {
  if (!connection.isClosed()) {
    await within(connection.flush(), { boundMs: closeMs, signal: noAbort }).catch(() => undefined);
  }
  await within(connection.close(), { boundMs: closeMs, signal: noAbort }).catch(() => undefined);
}

/** Streams and consumers, by requests that end after a few seconds. */
export function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  return jetstreamManager(connection, { timeout: requestMs, checkAPI: false });
}

/** The server does not let us in: no waiting mends that. */
export function isDenied(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (/^(AuthorizationError|UserAuthenticationExpiredError|PermissionViolationError)$/.test(cause.name)) return true;
  }
  return false;
}

export function unreachable({ bootstrap }: BrokerAccess, failure: unknown): ToolError {
  return new ToolError(`no server answers at ${bootstrap.join(', ')}: ${messageOf(failure)}`, {
    code: 'broker-unreachable',
    hint: isDenied(failure)
      ? 'check cluster.login: the user and the password'
      : 'check that nats-server runs there, with JetStream enabled, and whether it wants TLS',
    cause: failure,
    exitCode: exitCodes.setup,
  });
}

/** A connection that is made again whenever it is lost, for as long as it is wanted. */
export class Line implements AsyncDisposable {
  readonly #access: BrokerAccess;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #next: number;
  #now: NatsConnection | undefined;
  #failure: unknown;

  constructor(access: BrokerAccess, signal: AbortSignal) {
    this.#access = access;
    this.#next = process.pid; // workers begin at different servers
    signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
    if (signal.aborted) this.#closing.abort();
    this.#running = this.#keep();
  }

  /** What can be written to now; undefined: nothing is connected, and nothing that is sent goes anywhere. */
  get now(): NatsConnection | undefined {
    return this.#now === undefined || this.#now.isClosed() ? undefined : this.#now;
  }

  get failure(): unknown {
    return this.#failure;
  }

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Waits until there is a connection, or the time is over. */
  async connected(patienceMs: number, signal: AbortSignal): Promise<NatsConnection | undefined> {
    const endMs = performance.now() + patienceMs;
    while (this.now === undefined && performance.now() < endMs && !this.#closing.signal.aborted && !signal.aborted) {
      await pause(pollMs, signal);
    }
    return this.now;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    if (this.#now !== undefined) await closeQuietly(this.#now);
    await this.#running;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const connection = await connectAny(this.#access, this.#next, signal);
        if (signal.aborted) {
          await closeQuietly(connection);
          return;
        }
        this.#now = connection;
        await connection.closed();
      } catch (error) {
        this.#failure = error;
      }
      this.#next += 1;
      await pause(retryMs, signal);
    }
  }
}

const pollMs = 20;
const retryMs = 100;
