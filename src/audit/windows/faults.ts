/** A fault as the audit sees it: what the runner recorded of it, and what it cost. */
import type { Arrays } from '../../loops/arrays.ts';
import type { FaultRecord, RunRecord } from '../evidence/run-record.ts';

export interface FaultAudit {
  readonly id: string;
  readonly do: string;
  readonly targets: readonly string[];
  /** Planned targets that were not there when it was injected. */
  readonly missing: readonly string[];
  readonly trigger?: Record<string, unknown>;
  readonly injectingNs?: number;
  readonly injectedNs?: number;
  readonly healedNs?: number;
  readonly injected: boolean;
  readonly healed: boolean;
  readonly error?: string;
  readonly evidence: readonly Record<string, unknown>[];
  /** Longest time in which attempts went unacked in any one partition around the fault, to the next ack. */
  recoveryMs?: number;
  /** Sending ended before acks came again: it may have lasted to the probe of the drain, which found them again. */
  recoveryAtMostMs?: number;
  recoveryAtMostPartition?: number;
  /** False: attempts went on, and no ack came again in that partition. */
  recovered?: boolean;
  recoveryPartition?: number;
  /** True: nothing was sent while it was in force. */
  idle?: boolean;
  /** From the ack of the oldest message that was lost or rolled back to the injection. */
  lossWindowMs?: number;
  /** Lost and rolled-back messages whose next fault after the ack, or overlapping fault, this is. */
  lostMessages: number;
}

/** For loops: faults in their order, from when to when they are in force, and when they took hold. */
export function faultColumns(faults: readonly FaultAudit[], arrays: Arrays) {
  const columnOf = (of: (fault: FaultAudit) => number): Float64Array => {
    const column = arrays.float64(faults.length);
    column.set(faults.map(of));
    return column;
  };
  return {
    faults: faults.length,
    faultFromNs: columnOf(({ injectingNs }) => injectingNs ?? Number.POSITIVE_INFINITY),
    faultToNs: columnOf(({ healedNs }) => healedNs ?? Number.POSITIVE_INFINITY),
    faultHeldNs: columnOf(({ injectedNs, injectingNs }) => injectedNs ?? injectingNs ?? Number.NaN),
  };
}

export function auditedFaults(record: RunRecord): FaultAudit[] {
  return record.faults.map(({ healingNs: _, ...fault }: FaultRecord) => ({
    ...fault,
    injected: fault.injectedNs !== undefined,
    healed: fault.healedNs !== undefined,
    lostMessages: 0,
  }));
}
