/**
 * A member of a group that lasts as long as the run: one session after the other, each with a connection of its own. A
 * connection that is lost or falls silent ends its session; only a server that does not let us in is reported as failed.
 */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import { isDenied } from './connection.ts';
import { Session } from './session.ts';

const restartMs = 250;

export async function openConsumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  return new NatsConsumer(access, options);
}

class NatsConsumer implements ConsumerClient {
  readonly #access: BrokerAccess;
  readonly #options: ConsumerOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor(access: BrokerAccess, options: ConsumerOptions) {
    this.#access = access;
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
    if (options.signal.aborted) this.#closing.abort();
  }

  /** Resolves with the first session that consumes; servers that are all down are waited for as long as the run lives. */
  start(handlers: ConsumerHandlers): Promise<void> {
    return new Promise((resolve, reject) => {
      let started = false;
      const joined = (): void => {
        started = true;
        resolve();
      };
      this.#running = this.#supervise(handlers, joined).then(
        () => {
          if (!started) reject(new Error('the consumer was stopped before it consumed'));
        },
        (error: unknown) => {
          const failure = refused(error, this.#options);
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

  async #supervise(handlers: ConsumerHandlers, joined: () => void): Promise<void> {
    const { signal } = this.#closing;
    for (let number = 0; !signal.aborted; number += 1) {
      const session = new Session(this.#access, this.#options, handlers, number);
      const failure = await session.run(joined, signal);
      if (isDenied(failure)) throw failure;
      await pause(restartMs, signal);
    }
  }
}

function refused(error: unknown, { group }: ConsumerOptions): ToolError {
  return new ToolError(`the consumer of ${group} is not let in: ${messageOf(error)}`, {
    code: 'group-refused',
    hint: 'check cluster.login, and what this user may do ($JS.API.>, $JS.ACK.> and _INBOX.>)',
    cause: error,
    exitCode: exitCodes.setup,
  });
}
