/** A check reads the history and says what it found. One that throws costs its own answer, never the others'. */
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
  /** Absent: producers do not name their messages. */
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
  /** Classes that it answers for: one that no check decides is never said to be 0. */
  readonly decides: readonly FindingClass[];
  run(context: CheckContext): void | Promise<void>;
}
