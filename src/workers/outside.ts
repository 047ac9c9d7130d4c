/** A consumer's way to the store of its effects. */
import { type EffectOptions, type Effects, openEffects } from '../effects/effects.ts';
import { defaultPatienceMs } from '../effects/settings.ts';
import type { StoreWatch } from '../effects/watch.ts';
import type { ConsumerWork } from './config.ts';
import { outlast } from './patience.ts';

/** Of one wait for a connection: whoever calls has a patience of its own. */
const reconnectMs = 1000;

/** Undefined where processing has no effect. A store that is being started again is waited for, within a bound. */
export async function openOutside(
  work: ConsumerWork,
  watch: StoreWatch,
  stop: AbortSignal,
): Promise<Effects | undefined> {
  if (work.effect === undefined) return undefined;
  const { settings, access } = work.effect;
  const bounds = { reconnectMs: Math.min(reconnectMs, settings.patienceMs ?? defaultPatienceMs) };
  // what was acknowledged before it is processed must be processed to its end, told to stop or not
  const options: EffectOptions = { bounds, watch, ...(work.commit === 'after' ? { signal: stop } : {}) };
  return outlast(() => openEffects(settings, access, options), defaultPatienceMs, stop);
}
