/** A consumer of a group's queue that lasts as long as the run: when a session ends, for whatever reason, a new one begins. */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { pause } from '../../../wait.ts';
import type { BrokerAccess, ConsumerClient, ConsumerHandlers, ConsumerOptions } from '../../driver.ts';
import { firstPlace } from './connection.ts';
import { Session } from './session.ts';

const restartMs = 200;
/** For a batch in hand when the consumer is closed. */
const graceMs = 2_000;

export async function openConsumer(access: BrokerAccess, options: ConsumerOptions): Promise<ConsumerClient> {
  return new RabbitmqConsumer(access, options);
}

class RabbitmqConsumer implements ConsumerClient {
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

  /** Resolves with the first subscription; a cluster that is down is waited for as long as the run lives. */
  start(handlers: ConsumerHandlers): Promise<void> {
    return new Promise((resolve, reject) => {
      let started = false;
      const begun = (): void => {
        started = true;
        resolve();
      };
      this.#running = this.#supervise(handlers, begun).then(
        () => {
          if (!started) reject(new Error('the consumer was stopped before it had subscribed'));
        },
        (error: unknown) => {
          const failure = error instanceof Error ? error : new Error(String(error));
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

  async #supervise(handlers: ConsumerHandlers, begun: () => void): Promise<void> {
    const { signal } = this.#closing;
    for (let first = firstPlace(); !signal.aborted; first += 1) {
      const session = new Session(this.#access, this.#options, handlers);
      const stop = (): void => void session.close(graceMs);
      signal.addEventListener('abort', stop, { once: true });
      const end = await session.run(first, begun, signal);
      signal.removeEventListener('abort', stop);
      await session.close(graceMs);
      if (!signal.aborted && isFinal(end)) throw refused(end, this.#options);
      await pause(restartMs, signal);
    }
  }
}

/** What is the same however often one tries: no right to it, no such virtual host, a queue of that name that is another. */
function isFinal({ message }: Error): boolean {
  return /ACCESS_REFUSED|NOT_ALLOWED - vhost .* not found|PRECONDITION_FAILED - inequivalent arg/.test(message);
}

function refused(error: Error, { group }: ConsumerOptions): ToolError {
  return new ToolError(`the consumer cannot have the queue ${group}: ${messageOf(error)}`, {
    code: 'group-refused',
    hint: 'check what this user may do in the virtual host, and whether a policy or another program made this queue',
    cause: error,
    exitCode: exitCodes.setup,
  });
}
