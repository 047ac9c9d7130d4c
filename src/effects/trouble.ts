/** Trouble with a store. `effect` is what is known of the call's own effect, never more than is proven. */
import { exitCodes, ToolError } from '../errors.ts';

export type TroubleCode =
  | 'store-unreachable'
  | 'store-login'
  | 'store-database'
  | 'store-deadline'
  | 'store-lost'
  | 'store-unsure'
  | 'store-refused'
  | 'store-too-old'
  | 'store-client'
  | 'effects-exist';

export interface TroubleOptions {
  readonly code: TroubleCode;
  /** `none`: proven that nothing was changed. `unknown`: it may have been. */
  readonly effect: 'none' | 'unknown';
  readonly hint: string;
}

const outages: ReadonlySet<TroubleCode> = new Set<TroubleCode>(['store-unreachable', 'store-deadline', 'store-lost']);

/** Trouble of the store, not of the message: it is away, or did not answer. */
export function isOutage(code: TroubleCode): boolean {
  return outages.has(code);
}

/** Carries no `cause`: errors of client libraries hold connection settings, and a cause is printed with them. */
export class StoreTrouble extends ToolError {
  declare readonly code: TroubleCode;
  readonly effect: 'none' | 'unknown';

  constructor(message: string, { code, effect, hint }: TroubleOptions) {
    super(message, { code, hint, exitCode: exitCodes.setup });
    this.name = 'StoreTrouble';
    this.effect = effect;
  }
}

/** A key is there already: what a constraint says. Never leaves this area. */
export class DuplicateKey extends Error {
  constructor() {
    super('the key is there already');
    this.name = 'DuplicateKey';
  }
}
