/** The only list of faults. */
import { usualWordsOf } from '../suggest.ts';
import { bandwidth } from './bandwidth.ts';
import { corruptedRecords } from './corrupted-records.ts';
import { cutAfter } from './cut-after.ts';
import { delayedAnswer } from './delayed-answer.ts';
import { diskCorrupt } from './disk-corrupt.ts';
import { diskFail } from './disk-fail.ts';
import { diskFull } from './disk-full.ts';
import { diskHang } from './disk-hang.ts';
import { diskLoss } from './disk-loss.ts';
import { diskReadOnly } from './disk-read-only.ts';
import { diskSlow } from './disk-slow.ts';
import { doubledRecords } from './doubled-records.ts';
import { errorAnswer } from './error-answer.ts';
import type { Fault } from './fault.ts';
import { halfOpen } from './half-open.ts';
import { kill } from './kill.ts';
import { killAt } from './kill-at.ts';
import { killPaused } from './kill-paused.ts';
import { latency } from './latency.ts';
import { lostAnswer } from './lost-answer.ts';
import { movedLeader } from './moved-leader.ts';
import { networkDisconnect } from './network-disconnect.ts';
import { oneWayPartition } from './one-way-partition.ts';
import { partition } from './partition.ts';
import { pause } from './pause.ts';
import { pauseAt } from './pause-at.ts';
import { powerLoss } from './power-loss.ts';
import { promote } from './promote.ts';
import { reset } from './reset.ts';
import { restart } from './restart.ts';
import { slowClose } from './slow-close.ts';
import { stop } from './stop.ts';
import { swappedRecords } from './swapped-records.ts';

export const faults: readonly Fault[] = [
  kill,
  killAt,
  killPaused,
  stop,
  pause,
  pauseAt,
  restart,
  powerLoss,
  diskLoss,
  promote,
  diskFail,
  diskFull,
  diskReadOnly,
  diskSlow,
  networkDisconnect,
  diskHang,
  diskCorrupt,
  partition,
  oneWayPartition,
  latency,
  bandwidth,
  reset,
  halfOpen,
  slowClose,
  cutAfter,
  lostAnswer,
  delayedAnswer,
  errorAnswer,
  movedLeader,
  doubledRecords,
  corruptedRecords,
  swappedRecords,
];

/** What they are called elsewhere. */
export const faultWords = usualWordsOf(faults);

export function findFault(name: string): Fault | undefined {
  return faults.find((fault) => fault.name === name);
}
