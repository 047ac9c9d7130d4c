/** The only list of faults. */
import { usualWordsOf } from '../suggest.ts';
import { diskCorrupt } from './disk/disk-corrupt.ts';
import { diskFail } from './disk/disk-fail.ts';
import { diskFull } from './disk/disk-full.ts';
import { diskHang } from './disk/disk-hang.ts';
import { diskLoss } from './disk/disk-loss.ts';
import { diskReadOnly } from './disk/disk-read-only.ts';
import { diskSlow } from './disk/disk-slow.ts';
import { powerLoss } from './disk/power-loss.ts';
import type { Fault } from './fault.ts';
import { bandwidth } from './network/bandwidth.ts';
import { cutAfter } from './network/cut-after.ts';
import { halfOpen } from './network/half-open.ts';
import { latency } from './network/latency.ts';
import { networkDisconnect } from './network/network-disconnect.ts';
import { oneWayPartition } from './network/one-way-partition.ts';
import { partition } from './network/partition.ts';
import { reset } from './network/reset.ts';
import { slowClose } from './network/slow-close.ts';
import { kill } from './process/kill.ts';
import { killAt } from './process/kill-at.ts';
import { killPaused } from './process/kill-paused.ts';
import { pause } from './process/pause.ts';
import { pauseAt } from './process/pause-at.ts';
import { promote } from './process/promote.ts';
import { restart } from './process/restart.ts';
import { stop } from './process/stop.ts';
import { corruptedRecords } from './wire/corrupted-records.ts';
import { delayedAnswer } from './wire/delayed-answer.ts';
import { doubledRecords } from './wire/doubled-records.ts';
import { errorAnswer } from './wire/error-answer.ts';
import { lostAnswer } from './wire/lost-answer.ts';
import { movedLeader } from './wire/moved-leader.ts';
import { swappedRecords } from './wire/swapped-records.ts';

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
  diskHang,
  diskCorrupt,
  networkDisconnect,
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
