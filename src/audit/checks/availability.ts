/**
 * Unavailable: acks stopped in a partition while a fault was in force, far longer than they ever did without one.
 * Only journals that are whole can say so: what a killed producer would have sent is no silence of the broker's.
 */
import type { FaultAudit } from '../faults.ts';
import type { Gap } from '../outages.ts';
import type { Check } from './check.ts';

const leastGapMs = 500;
const timesUsual = 10;

export const availabilityCheck: Check = {
  name: 'availability',
  decides: ['unavailable'],
  run({ history, counts, findings, faults }) {
    if (!history.evidence.producersWhole) {
      findings.undecided.set('unavailable', 'a journal of a producer is not whole: acks may be missing from it');
      return;
    }
    if (counts.acked === 0) return;
    let usualMs = 0;
    history.sends.ackTimes.eachGap((gap) => {
      let overlapped = false;
      for (const fault of faults) {
        if (!overlaps(fault, gap)) continue;
        overlapped = true;
        widen(fault, gap);
      }
      if (!overlapped && !gap.open) usualMs = Math.max(usualMs, (gap.toNs - gap.fromNs) / 1e6);
    });
    const thresholdMs = Math.max(leastGapMs, timesUsual * usualMs);
    for (const fault of faults) {
      if (fault.recoveryMs === undefined || fault.recoveryMs <= thresholdMs) continue;
      counts.unavailable += 1;
      findings.list({
        class: 'unavailable',
        fault: fault.id,
        when: 'during',
        gapMs: fault.recoveryMs,
        recovered: fault.recovered ?? false,
        ...(fault.recoveryPartition === undefined ? {} : { partition: fault.recoveryPartition }),
      });
    }
    findings.add('unavailable', counts.unavailable);
  },
};

function overlaps(fault: FaultAudit, gap: Gap): boolean {
  if (fault.injectingNs === undefined || fault.injectingNs >= gap.toNs) return false;
  return (fault.healedNs ?? Number.POSITIVE_INFINITY) > gap.fromNs;
}

function widen(fault: FaultAudit, gap: Gap): void {
  const gapMs = (gap.toNs - gap.fromNs) / 1e6;
  if (gap.open) fault.recovered = false;
  else fault.recovered ??= true;
  if (gapMs <= (fault.recoveryMs ?? -1)) return;
  fault.recoveryMs = gapMs;
  fault.recoveryPartition = gap.partition;
}
