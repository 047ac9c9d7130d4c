import type { BrokerSettings } from '../../src/products/driver.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { loadProfile } from '../../src/profile/load.ts';

/** Settings of the bundled broker as a profile gives them, with these changed. */
export function settings(changes: Partial<BrokerSettings> = {}): BrokerSettings {
  const { cluster } = compilePlan(loadProfile('quick', { env: {} }), 1);
  if (cluster.broker !== 'bundled') throw new Error('quick is a profile of the bundled broker');
  return { ...cluster, ...changes };
}
