import type { Clause } from '../audit/class.ts';

/** Whether something that was stored may be gone. */
export interface Durability {
  readonly loses: boolean;
  /** Settings and faults, in words. */
  readonly because: string;
}

export function allowed(because: string): Clause {
  return { allowed: true, because };
}

export function forbidden(because: string): Clause {
  return { allowed: false, because };
}
