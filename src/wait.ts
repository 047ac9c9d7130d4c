/**
 * The waits of the tool, its workers and its drivers. Each has a bound and an abort signal. A wait that only its bound
 * may end, because it is part of ending or undoing something, is given `noAbort` in place of a signal.
 */
import { setMaxListeners } from 'node:events';

/** CLOCK_MONOTONIC, which is one for all processes of a machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Never aborts. */
export const noAbort: AbortSignal = new AbortController().signal;

export interface Bound {
  readonly boundMs: number;
  readonly signal: AbortSignal;
}

/** Resolves after the time or when the signal aborts, whichever is first; never rejects. */
export function pause(boundMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      ignore();
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, boundMs));
    const ignore = onAbort(signal, end);
  });
}

/** Resolves when one of the signals aborts. It has no bound of its own: one of them must have. */
export function untilAborted(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      for (const ignore of ignored) ignore();
      resolve();
    };
    const ignored = signals.map((signal) => onAbort(signal, end));
    if (signals.some(({ aborted }) => aborted)) end();
  });
}

/** Asks until the answer is not undefined; resolves with undefined when the time is over or the signal aborts. */
export async function poll<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  { everyMs, boundMs, signal }: Bound & { readonly everyMs: number },
): Promise<T | undefined> {
  const endMs = performance.now() + boundMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= endMs || signal.aborted) return undefined;
    await pause(everyMs, signal);
  }
}

/**
 * The promise's own outcome, or a DeadlineError, or an AbortedError: whichever is first. The promise itself goes on.
 * @param bound `what` begins the message of the DeadlineError.
 */
export function within<T>(promise: PromiseLike<T>, bound: Bound & { readonly what?: string }): Promise<T> {
  const { boundMs, signal, what } = bound;
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      ignore();
    };
    const timer = setTimeout(
      () => {
        end();
        reject(new DeadlineError(boundMs, what));
      },
      Math.max(0, boundMs),
    );
    const abort = (): void => {
      end();
      reject(new AbortedError(signal));
    };
    const ignore = onAbort(signal, abort);
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
    if (signal.aborted) abort();
  });
}

/** As `within`, but resolves with undefined when the promise is not settled in time or the signal aborts. */
export async function inTime<T>(promise: PromiseLike<T>, { boundMs, signal }: Bound): Promise<T | undefined> {
  const over = new AbortController();
  const ignore = onAbort(signal, () => over.abort());
  if (signal.aborted) over.abort();
  try {
    return await Promise.race([promise, pause(boundMs, over.signal).then(() => undefined)]);
  } finally {
    ignore();
    over.abort();
  }
}

/**
 * Aborts after the time, or with the outer signal. Not `AbortSignal.any([outer, AbortSignal.timeout(ms)])`: in Node 20
 * nothing holds the inner signal, so it may be collected as garbage, and the time never ends.
 */
export class Deadline implements Disposable {
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #ignore: () => void;

  constructor(boundMs: number, outer: AbortSignal) {
    const end = (): void => this.#over.abort();
    this.#timer = setTimeout(end, boundMs);
    this.#ignore = onAbort(outer, end);
    if (outer.aborted) end();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get over(): boolean {
    return this.#over.signal.aborted;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#ignore();
  }
}

export class DeadlineError extends Error {
  constructor(boundMs: number, what?: string) {
    super(`${what === undefined ? '' : `${what}: `}no answer within ${boundMs} ms`);
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

/** Calls back at most once, when the signal aborts from now on. Returns what takes the listener away again. */
function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal === noAbort) return () => {};
  setMaxListeners(0, signal); // many may wait on one signal: each takes its listener away, so none is leaked
  signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}
