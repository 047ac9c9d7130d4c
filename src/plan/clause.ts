import type { Clause } from '../audit/class.ts';

export function allowed(because: string): Clause {
  return { allowed: true, because };
}

export function forbidden(because: string): Clause {
  return { allowed: false, because };
}
