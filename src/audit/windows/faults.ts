/** A fault in the audit's answer: what the runner recorded of it, and the harm that it did. */
import type { Arrays } from '../../loops/arrays.ts';
import type { Settings } from '../../loops/loop.ts';
import type { FaultRecord, RunRecord } from '../evidence/run-record.ts';
import { sidesOf } from './sides.ts';

export interface FaultAudit {
  readonly id: string;
  readonly do: string;
  readonly targets: readonly string[];
  /** Planned targets that did not exist when the fault was injected. */
  readonly missing: readonly string[];
  /** Where it acts: bits of `sides`. */
  readonly sides: number;
  readonly trigger?: Record<string, unknown>;
  readonly injectingNs?: number;
  readonly injectedNs?: number;
  readonly healedNs?: number;
  readonly injected: boolean;
  readonly healed: boolean;
  readonly error?: string;
  readonly evidence: readonly Record<string, unknown>[];
  /** The longest gap between acks in any one partition that overlaps the fault, while attempts went on. */
  recoveryMs?: number;
  /** Set if sending ended before acks came again: the gap may have lasted until the probe of the drain was acked. */
  recoveryAtMostMs?: number;
  recoveryAtMostPartition?: number;
  /** False if attempts went on in some partition and no ack came again. */
  recovered?: boolean;
  /** The partition of the longest gap. */
  recoveryPartition?: number;
  /** True if nothing was sent while it was in force nor, if it hit consumers, received. */
  idle?: boolean;
  /** The time from the ack of the oldest message that was lost or rolled back to the injection. */
  lossWindowMs?: number;
  /** The number of lost and rolled-back messages whose finding names this fault first. */
  lostMessages: number;
}

/** The faults as settings of WebAssembly loops: from when to when each is in force, and when it took hold. */
export function faultColumns(faults: readonly FaultAudit[], arrays: Arrays): Settings {
  const columnOf = (of: (fault: FaultAudit) => number): Float64Array => {
    const column = arrays.float64(faults.length);
    column.set(faults.map(of));
    return column;
  };
  return {
    faults: faults.length,
    faultFromNs: columnOf(({ injectingNs }) => injectingNs ?? Number.POSITIVE_INFINITY),
    faultToNs: columnOf(({ healedNs }) => healedNs ?? Number.POSITIVE_INFINITY),
    faultSides: sidesColumn(faults, arrays),
    faultHeldNs: columnOf(({ injectedNs, injectingNs }) => injectedNs ?? injectingNs ?? Number.NaN),
  };
}

function sidesColumn(faults: readonly FaultAudit[], arrays: Arrays): Uint8Array {
  const column = arrays.uint8(faults.length);
  column.set(faults.map((fault) => fault.sides));
  return column;
}

export function auditedFaults(record: RunRecord): FaultAudit[] {
  return record.faults.map(({ healingNs: _, ...fault }: FaultRecord) => ({
    ...fault,
    sides: sidesOf(fault.targets, record.workers),
    injected: fault.injectedNs !== undefined,
    healed: fault.healedNs !== undefined,
    lostMessages: 0,
  }));
}
