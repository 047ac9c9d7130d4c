/**
 * A consumer of a group that lasts as long as the run: each thing that goes wrong ends a session, and a new one is begun
 * with new connections, at whatever server is the primary then. Its name in the group stays.
 */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import { isReply } from './link.ts';
import { isDenied } from './servers.ts';
import { GroupSession } from './session.ts';

const restartDelayMs = 100;
let consumers = 0;

export async function openConsumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  return new RedisConsumer(access, options);
}

class RedisConsumer implements ConsumerClient {
  readonly #access: BrokerAccess;
  readonly #options: ConsumerOptions;
  readonly #name: string;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor(access: BrokerAccess, options: ConsumerOptions) {
    this.#access = access;
    this.#options = options;
    this.#name = `${access.clientId}-${process.pid}-${++consumers}`;
    options.signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
    if (options.signal.aborted) this.#closing.abort();
  }

  /** Resolves with the first session; a server that is down is waited for as long as the run lives. */
  start(handlers: ConsumerHandlers): Promise<void> {
    return new Promise((resolve, reject) => {
      let started = false;
      const joined = (): void => {
        started = true;
        resolve();
      };
      this.#running = this.#supervise(handlers, joined).then(
        () => {
          if (!started) reject(new Error('the consumer was stopped before it was consuming'));
        },
        (error: unknown) => {
          const failure = setupError(error, this.#options);
          if (started) handlers.failed(failure);
          else reject(failure);
        },
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** One session after the other, until closed. */
  async #supervise(handlers: ConsumerHandlers, joined: () => void): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const session = new GroupSession(this.#access, this.#options, handlers, this.#name);
      const stop = (): void => void session.close();
      signal.addEventListener('abort', stop, { once: true });
      const crash = await session.run(joined);
      signal.removeEventListener('abort', stop);
      await session.close();
      if (crash !== undefined && isFinal(crash)) throw crash;
      await pause(restartDelayMs, signal);
    }
  }
}

/** The same however often one tries. */
function isFinal(error: Error): boolean {
  return isDenied(error) || (isReply(error) && /^(WRONGTYPE|CROSSSLOT|MOVED)\b/.test(error.message));
}

function setupError(error: unknown, { group }: ConsumerOptions): ToolError {
  return new ToolError(`the consumer cannot read as the group ${group}: ${messageOf(error)}`, {
    code: 'group-refused',
    hint: 'check what this user may do with the streams, and that the server is no Redis Cluster',
    cause: error,
    exitCode: exitCodes.setup,
  });
}
