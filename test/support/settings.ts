import { compilePlan } from '../../src/plan/compile.ts';
import type { BundledPlan } from '../../src/products/bundled/settings.ts';
import { loadProfile } from '../../src/profile/load.ts';

/** Settings of the bundled broker as a profile gives them, with these changed. */
export function settings(changes: Partial<BundledPlan> = {}): BundledPlan {
  const { cluster } = compilePlan(loadProfile('quick', { env: {} }), 1);
  return { ...(cluster as BundledPlan), ...changes };
}
