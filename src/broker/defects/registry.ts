import type { Seams } from '../node/seams.ts';
import { ackBeforeAppend } from './ack-before-append.ts';
import { ackBeforeFlush } from './ack-before-flush.ts';
import { ackBeforeReplication } from './ack-before-replication.ts';
import { corrupt } from './corrupt.ts';
import type { Defect } from './defect.ts';
import { dropAcked } from './drop-acked.ts';
import { forgetOffsets } from './forget-offsets.ts';
import { phantom } from './phantom.ts';
import { reorder } from './reorder.ts';
import { skipOnRecovery } from './skip-on-recovery.ts';
import { storeTwice } from './store-twice.ts';

export const defects: readonly Defect[] = [
  ackBeforeAppend,
  ackBeforeFlush,
  ackBeforeReplication,
  dropAcked,
  storeTwice,
  reorder,
  corrupt,
  forgetOffsets,
  phantom,
  skipOnRecovery,
];

/** The parts of a node with these defects, applied one after the other. Without defects they are the honest ones. */
export function withDefects(honest: Seams, names: readonly string[]): Seams {
  let seams = honest;
  for (const defect of defects) if (names.includes(defect.name)) seams = { ...seams, ...defect.replaces(seams) };
  return seams;
}
