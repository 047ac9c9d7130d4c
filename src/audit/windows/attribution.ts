/**
 * Which fault windows a message's fate overlaps. This is a statement about time, never about mechanism: "during" means
 * that the fault was in force between the first attempt and the answer, "after" that it was the next one injected.
 */
import type { FaultAudit } from './faults.ts';
import { anySide } from './sides.ts';

export interface Attribution {
  readonly fault?: string | undefined;
  /** Further windows that overlap, oldest first. */
  readonly otherFaults?: readonly string[] | undefined;
  readonly when?: 'during' | 'after' | undefined;
  /** `likely`: exactly one window overlaps. `possible`: several do, or the fault came later. */
  readonly confidence?: 'likely' | 'possible' | undefined;
}

/** Every attribution has the same fields in the same order, so that V8 uses one hidden class for all of them. */
const nothing: Attribution = { fault: undefined, otherFaults: undefined, when: undefined, confidence: undefined };

/**
 * @param from bits of the sides that the harm can come from: faults elsewhere are passed over.
 * @param seenNs when the harm was seen: a later fault has no part in it.
 */
export function attribute(
  faults: readonly FaultAudit[],
  fromNs: number,
  toNs: number,
  from: number = anySide,
  seenNs = Number.POSITIVE_INFINITY,
): Attribution {
  let first: string | undefined;
  let others: string[] | undefined;
  for (const { id, sides, injectingNs, healedNs } of faults) {
    if ((sides & from) === 0) continue;
    if (injectingNs === undefined || injectingNs > toNs) continue;
    if (healedNs !== undefined && healedNs < fromNs) continue;
    if (first === undefined) first = id;
    else if (others === undefined) others = [id];
    else others.push(id);
  }
  if (first !== undefined) {
    const confidence = others === undefined ? 'likely' : 'possible';
    return { fault: first, otherFaults: others, when: 'during', confidence };
  }
  const next = nextFault(faults, toNs, from, seenNs);
  if (next === undefined) return nothing;
  return { fault: next.id, otherFaults: undefined, when: 'after', confidence: 'possible' };
}

/** The first fault on one of the sides that took hold between two times; `faults` are sorted by injection. */
export function nextFault<F extends Pick<FaultAudit, 'injectedNs' | 'injectingNs'> & { readonly sides?: number }>(
  faults: readonly F[],
  atNs: number,
  from: number = anySide,
  seenNs = Number.POSITIVE_INFINITY,
): F | undefined {
  for (const fault of faults) {
    // a message that was acked while the fault was being injected counts as acked before it
    const tookHoldNs = fault.injectedNs ?? fault.injectingNs;
    if (((fault.sides ?? anySide) & from) === 0 || tookHoldNs === undefined) continue;
    if (tookHoldNs >= atNs && tookHoldNs <= seenNs) return fault;
  }
  return undefined;
}
