/**
 * `record.json`: the whole result of a run in one document, the same on stdout with `--json`. Additions only; anything
 * else is a new version. Documented in docs/records.md.
 */
import type { Audit } from '../audit/audit.ts';
import type { Plan } from '../plan/plan.ts';

export const recordVersion = 1;

/** The audit's result with what it was made from. Somebody else's records have no plan. */
export interface RunRecord extends Audit {
  readonly version: typeof recordVersion;
  readonly seed?: number;
  /** The plan that was carried out. Secrets in it are names of environment variables. */
  readonly profile?: Plan;
  readonly environment?: Readonly<Record<string, unknown>>;
}

export function recordOf(audit: Audit, plan?: Plan, environment?: Readonly<Record<string, unknown>>): RunRecord {
  return {
    version: recordVersion,
    ...(plan === undefined ? {} : { seed: plan.seed, profile: plan }),
    ...(environment === undefined ? {} : { environment }),
    ...audit,
  };
}
