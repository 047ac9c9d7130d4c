/**
 * Unavailable: acks stopped in a partition while a fault was in force, far longer than they ever did without one.
 * Only journals that are whole can say so: what a killed producer would have sent is no silence of the broker's.
 */

import type { DrainRecord } from '../evidence/run-record.ts';
import type { FaultAudit } from '../windows/faults.ts';
import { GapLoop } from '../windows/gap-loop.ts';
import type { Gap } from '../windows/outages.ts';
import type { Check } from './check.ts';

const leastGapMs = 500;
const timesUsual = 10;

export const availabilityCheck: Check = {
  name: 'availability',
  decides: ['unavailable'],
  run({ history, loops, counts, findings, faults }) {
    if (!history.evidence.producersWhole) {
      findings.undecided.set('unavailable', 'a journal of a producer is not whole: acks may be missing from it');
      return;
    }
    if (counts.acked === 0) return;
    let usualMs = 0;
    const probe = history.record.drain.findLast(({ step }) => step === 'probed');
    const loop = new GapLoop(loops, faults);
    history.sends.ackTimes.eachGap((found) => {
      const gap = failedProbe(found, probe);
      let overlapped = false;
      for (const [at, fault] of faults.entries()) {
        if (!overlaps(fault, gap)) continue;
        overlapped = true;
        widen(fault, gap, probe);
        loop.made(at, gap.toNs - gap.fromNs);
      }
      if (!overlapped && !found.open) usualMs = Math.max(usualMs, (gap.toNs - gap.fromNs) / 1e6);
    }, loop);
    usualMs = Math.max(usualMs, loop.usualNs / 1e6);
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

/** Sending may end before a partition is back. A probe that was not acked afterwards says that it was not back then. */
function failedProbe(gap: Gap, probe: DrainRecord | undefined): Gap {
  return gap.open && probe?.ok === false ? { ...gap, toNs: Math.max(gap.toNs, probe.atNs) } : gap;
}

/** The silence does: whoever asks seldom may ask for the first time when the fault is over. */
function overlaps(fault: FaultAudit, gap: Gap): boolean {
  if (fault.injectingNs === undefined || fault.injectingNs >= Math.max(gap.toNs, gap.fromNs + 1)) return false;
  return (fault.healedNs ?? Number.POSITIVE_INFINITY) > gap.silentNs;
}

/** An open gap that a probe ended lasted at least as long as attempts say, and at most to the probe. */
function widen(fault: FaultAudit, gap: Gap, probe: DrainRecord | undefined): void {
  const gapMs = (gap.toNs - gap.fromNs) / 1e6;
  const probed = gap.open && probe?.ok === true;
  if (probed) {
    const atMostMs = Math.max(gapMs, (probe.atNs - gap.fromNs) / 1e6);
    if (atMostMs > (fault.recoveryAtMostMs ?? -1)) {
      fault.recoveryAtMostMs = atMostMs;
      fault.recoveryAtMostPartition = gap.partition;
    }
  }
  if (gap.open && !probed) fault.recovered = false;
  else fault.recovered ??= true;
  if (gapMs <= (fault.recoveryMs ?? -1)) return;
  fault.recoveryMs = gapMs;
  fault.recoveryPartition = gap.partition;
}
