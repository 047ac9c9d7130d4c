/** Bounded waits. kafkajs has promises that never settle, so nothing of it is awaited without a deadline of ours. */

export class DeadlineError extends Error {
  constructor(what: string, deadlineMs: number) {
    super(`${what}: no answer within ${deadlineMs} ms`);
    this.name = 'DeadlineError';
  }
}

/** The wait was ended from outside. Signals are aborted with reasons of any type; what is thrown is always an error. */
export class AbortedError extends Error {
  constructor({ reason }: AbortSignal) {
    super(`aborted${typeof reason === 'string' ? `: ${reason}` : ''}`, { cause: reason });
    this.name = 'AbortedError';
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(signal);
}

/**
 * Aborts after the time, or with the outer signal. Not `AbortSignal.any([outer, AbortSignal.timeout(ms)])`: in Node 20
 * nothing holds the inner signal, so it may be collected as garbage, and the time never ends.
 */
export class Deadline implements Disposable {
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  readonly #end = (): void => this.#over.abort();

  constructor(deadlineMs: number, outer?: AbortSignal) {
    this.#timer = setTimeout(this.#end, deadlineMs);
    this.#outer = outer;
    if (outer?.aborted) this.#end();
    else outer?.addEventListener('abort', this.#end, { once: true });
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get over(): boolean {
    return this.#over.signal.aborted;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#end);
  }
}

export interface Bound {
  readonly what: string;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The promise's own outcome, or a DeadlineError, or an AbortedError: whichever is first. */
export function within<T>(promise: Promise<T>, { what, deadlineMs, signal }: Bound): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      if (signal !== undefined) reject(new AbortedError(signal));
    };
    const timer = setTimeout(() => {
      end();
      reject(new DeadlineError(what, deadlineMs));
    }, deadlineMs);
    promise.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Resolves after the time or when the signal aborts, whichever is first; never rejects. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal?.addEventListener('abort', end, { once: true });
  });
}
