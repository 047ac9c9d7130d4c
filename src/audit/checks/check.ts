/**
 * A check reads the history and lists what it found. If it throws, its classes are undecided; the others are not
 * affected.
 */
import type { Loops } from '../../loops/loops.ts';
import type { FindingClass } from '../class.ts';
import type { Counts } from '../counts.ts';
import type { Findings } from '../findings/finding.ts';
import type { History } from '../history/history.ts';
import type { FaultAudit } from '../windows/faults.ts';

export type ProducerName = (producer: number) => string;
export type MessageName = (producer: number, seq: number) => string;

export interface Names {
  readonly messageName: MessageName;
  /** Absent if messages are not named by their producers. */
  readonly producerName?: ProducerName;
}

export interface CheckContext extends Names {
  readonly history: History;
  readonly loops: Loops;
  readonly counts: Counts;
  readonly findings: Findings;
  readonly faults: FaultAudit[];
}

export interface Check {
  readonly name: string;
  /** The classes that it decides. A class that no check decides is undecided, not 0. */
  readonly decides: readonly FindingClass[];
  run(context: CheckContext): void | Promise<void>;
}
