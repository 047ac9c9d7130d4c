/** A consumer's way to the store of its effects. */
import { type EffectOptions, type Effects, openEffects } from '../effects/effects.ts';
import { StoreTrouble } from '../effects/trouble.ts';
import type { ConsumerWork } from './config.ts';

const retryEveryMs = 200;
const patienceMs = 20_000;

/** Undefined where processing has no effect. A store that is being started again is waited for, within a bound. */
export async function openOutside(work: ConsumerWork, stop: AbortSignal): Promise<Effects | undefined> {
  if (work.effect === undefined) return undefined;
  const { settings, access } = work.effect;
  // what was acknowledged before it is processed must be processed to its end, told to stop or not
  const options: EffectOptions = work.commit === 'after' ? { signal: stop } : {};
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return await openEffects(settings, access, options);
    } catch (error) {
      const passing = error instanceof StoreTrouble && error.code === 'store-unreachable';
      if (!passing || performance.now() >= end || stop.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryEveryMs));
    }
  }
}
