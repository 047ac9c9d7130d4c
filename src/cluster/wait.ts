/** Waits, each with a bound and an abort signal. */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms`, or at once and without error when aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    // aborted: the caller looks at its signal
  }
}

/** Asks until the answer is not undefined or the time is over; then undefined. */
export async function poll<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  options: { readonly everyMs: number; readonly boundMs: number; readonly signal?: AbortSignal },
): Promise<T | undefined> {
  const end = performance.now() + options.boundMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= end || options.signal?.aborted) return undefined;
    await pause(options.everyMs, options.signal);
  }
}

/** The promise's value, or undefined when it takes longer than `boundMs`. The promise itself goes on. */
export async function within<T>(promise: Promise<T>, boundMs: number): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([promise, delay(boundMs, undefined, { signal: over.signal }).catch(() => undefined)]);
  } finally {
    over.abort();
  }
}
