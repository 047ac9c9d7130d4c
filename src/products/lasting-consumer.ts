/**
 * A consumer that lasts as long as the run. What a product adds is how it consumes: session after session, each with
 * connections of its own, until the signal aborts. Trouble that passes is the session's to outlast; only what no waiting
 * can mend ends it.
 */
import { inTime, noAbort } from '../wait.ts';
import type { ConsumerClient, ConsumerHandlers, ConsumerOptions } from './driver.ts';

export interface ConsumerLife {
  /**
   * Consumes until the signal aborts. `joined` is called with the first sign that the group is given messages here, and may
   * be called again. Rejects with what is the same however often one tries.
   */
  consume(handlers: ConsumerHandlers, joined: () => void, signal: AbortSignal): Promise<unknown>;
  /** That error as the user reads it. */
  refused(error: unknown): Error;
  /** Frees what is left when consuming has ended, or `closeMs` later. */
  free?(): void;
  /** What ending may take, in ms. Absent: as long as it takes. */
  readonly closeMs?: number;
}

export function lastingConsumer({ signal }: ConsumerOptions, life: ConsumerLife): ConsumerClient {
  return new LastingConsumer(signal, life);
}

class LastingConsumer implements ConsumerClient {
  readonly #life: ConsumerLife;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(signal: AbortSignal, life: ConsumerLife) {
    this.#life = life;
    signal.addEventListener('abort', () => this.#closing.abort(), { once: true, signal: this.#closing.signal });
    if (signal.aborted) this.#closing.abort();
  }

  /** Brokers that are all down are waited for as long as the run lives. */
  start(handlers: ConsumerHandlers): Promise<void> {
    return new Promise((resolve, reject) => {
      let started = false;
      const joined = (): void => {
        started = true;
        resolve();
      };
      this.#running = this.#life.consume(handlers, joined, this.#closing.signal).then(
        () => {
          if (!started) reject(new Error('the consumer was stopped before it had joined its group'));
        },
        (error: unknown) => {
          const failure = this.#life.refused(error);
          if (started) handlers.failed(failure);
          else reject(failure);
        },
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { closeMs } = this.#life;
    this.#closing.abort();
    // a batch in hand that does not end is given up with its connection
    await (closeMs === undefined ? this.#running : inTime(this.#running, { boundMs: closeMs, signal: noAbort }));
    this.#life.free?.();
  }
}
