/**
 * Unavailable: acks stopped in a partition while a fault was in force, far longer than they ever did without one.
 * Only journals that are whole can say so: what a killed producer would have sent is no silence of the broker's.
 */
import type { FaultAudit } from '../faults.ts';
import type { Gap } from '../outages.ts';
import type { DrainRecord } from '../run-record.ts';
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
    const probe = history.record.drain.findLast(({ step }) => step === 'probed');
    history.sends.ackTimes.eachGap((found) => {
      const gap = probedGap(found, probe);
      let overlapped = false;
      for (const fault of faults) {
        if (!overlaps(fault, gap)) continue;
        overlapped = true;
        widen(fault, gap);
      }
      if (!overlapped && !found.open) usualMs = Math.max(usualMs, (gap.toNs - gap.fromNs) / 1e6);
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

/**
 * Sending may end before a partition is back. What the probe found afterwards tells the rest: acked, the gap had an end,
 * and lasted at least as long as the attempts say; not acked, it lasted until the probe gave up.
 */
function probedGap(gap: Gap, probe: DrainRecord | undefined): Gap {
  if (!gap.open || probe === undefined) return gap;
  return probe.ok ? { ...gap, open: false } : { ...gap, toNs: Math.max(gap.toNs, probe.atNs) };
}

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
