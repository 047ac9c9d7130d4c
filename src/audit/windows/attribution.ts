/**
 * Which fault windows a message's fate overlaps. This is a statement about time, never about mechanism: "during" means
 * that the fault was in force between the first attempt and the answer, "after" that it was the next one injected.
 */
import type { FaultRecord } from '../evidence/run-record.ts';

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

export function attribute(faults: readonly FaultRecord[], fromNs: number, toNs: number): Attribution {
  let first: string | undefined;
  let others: string[] | undefined;
  for (const { id, injectingNs, healedNs } of faults) {
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
  const next = nextFault(faults, toNs);
  if (next === undefined) return nothing;
  return { fault: next.id, otherFaults: undefined, when: 'after', confidence: 'possible' };
}

/** The first fault that took hold at or after an instant; `faults` are sorted by injection. */
export function nextFault(faults: readonly FaultRecord[], atNs: number): FaultRecord | undefined {
  for (const fault of faults) {
    // a message that was acked while the fault was being injected counts as acked before it
    const tookHoldNs = fault.injectedNs ?? fault.injectingNs;
    if (tookHoldNs !== undefined && tookHoldNs >= atNs) return fault;
  }
  return undefined;
}
