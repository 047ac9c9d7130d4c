/**
 * A store that is away is no fault of the message: its try goes on when the store answers again, and is not spent on the
 * way. Beyond its patience the try has failed, as any other.
 */
import { isOutage, StoreTrouble } from '../effects/trouble.ts';
import { pause } from '../wait.ts';

const againEveryMs = 100;

/**
 * Calls until the store answers. A call without an answer may have taken effect, and is made again all the same: that is
 * what idempotence is for.
 * @param signal ends the wait; `noAbort`: what is begun is to be finished.
 * @throws the last error, when the time is over, or it says more than that the store is away.
 */
export async function outlast<T>(call: () => Promise<T>, patienceMs: number, signal: AbortSignal): Promise<T> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isAway(error) || signal.aborted || performance.now() >= endMs) throw error;
      await pause(againEveryMs, signal);
    }
  }
}

/** Whether an error says that the store was away, and nothing of the message. */
export function isAway(error: unknown): boolean {
  return error instanceof StoreTrouble && isOutage(error.code);
}
