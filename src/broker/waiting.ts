import type { Clock } from './world/world.ts';

/**
 * Settles when `register` has called what it was given, or when the time is over.
 * @param register is called at once and must not wake in that call; what it returns is called at the end and undoes it
 */
export function wokenWithin(
  clock: Clock,
  timeoutMs: number,
  register: (wake: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      timer.cancel();
      unregister();
      resolve();
    };
    const timer = clock.setTimer(timeoutMs, settle);
    const unregister = register(settle);
  });
}

export function sleep(clock: Clock, durationMs: number): Promise<void> {
  return wokenWithin(clock, durationMs, () => () => {});
}
