/**
 * Unavailable: acks stopped in a partition during a fault, and far longer than they ever did without one. Only whole
 * journals can show it: if records of a producer are missing, the broker may have acked in that time.
 */

import type { DrainRecord } from '../evidence/run-record.ts';
import type { History } from '../history/history.ts';
import type { FaultAudit } from '../windows/faults.ts';
import type { Gap } from '../windows/outages.ts';
import { sides } from '../windows/sides.ts';
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
    const usualMs = measure(history, faults);
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
 * Sets the recovery of each fault on servers. Returns the longest gap that overlaps no fault of any kind, in
 * milliseconds.
 */
function measure({ header, record, sends }: History, faults: readonly FaultAudit[]): number {
  const probe = record.drain.findLast(({ step }) => step === 'probed');
  const recoveries = faults
    .filter(({ injectingNs }) => injectingNs !== undefined)
    .map((fault) => new Recovery(fault, header?.partitions !== 0 && !sends.ackTimes.placeless));
  let usualMs = 0;
  const visit = (found: Gap): void => {
    const gap = failedProbe(found, probe);
    let overlapped = false;
    for (const recovery of recoveries) {
      if (!recovery.overlaps(gap)) continue;
      overlapped = true;
      recovery.widen(gap, probe);
    }
    if (!overlapped && !gap.open) usualMs = Math.max(usualMs, (gap.toNs - gap.fromNs) / 1e6);
  };
  // a gap that is no longer than the shortest of these changes none of them
  const ignoredMs = (): number => Math.min(usualMs, ...recoveries.map(({ longestMs }) => longestMs));
  sends.ackTimes.eachGap(visit, ignoredMs);
  for (const recovery of recoveries) recovery.finish();
  return usualMs;
}

/**
 * Sending may end before a partition acks again. If the probe of the drain was not acked either, the gap lasted until
 * then.
 */
function failedProbe(gap: Gap, probe: DrainRecord | undefined): Gap {
  return gap.open && probe?.ok === false ? { ...gap, toNs: Math.max(gap.toNs, probe.atNs) } : gap;
}

/** The recovery after one fault: the longest of the gaps that overlap it. */
class Recovery {
  longestMs = 0;
  readonly #fault: FaultAudit;
  readonly #fromNs: number;
  readonly #untilNs: number;
  #partition = -1;
  #atMostMs = 0;
  #atMostPartition = -1;
  #recovered = true;
  /** False: there are none, or an ack does not say which it was, and all acks are judged together. */
  readonly #hasPartitions: boolean;

  constructor(fault: FaultAudit, hasPartitions: boolean) {
    this.#fault = fault;
    this.#hasPartitions = hasPartitions;
    this.#fromNs = fault.injectingNs ?? Number.POSITIVE_INFINITY;
    this.#untilNs = fault.healedNs ?? Number.POSITIVE_INFINITY;
  }

  /** The time without acks counts: a producer that sends seldom may send its first message after the fault. */
  overlaps(gap: Gap): boolean {
    return this.#fromNs < Math.max(gap.toNs, gap.fromNs + 1) && this.#untilNs > gap.silentNs;
  }

  /** Takes a gap that overlaps the fault. An open gap that a probe ended lasted at most until the probe. */
  widen(gap: Gap, probe: DrainRecord | undefined): void {
    const gapMs = (gap.toNs - gap.fromNs) / 1e6;
    if (gap.open && probe?.ok === true) {
      const atMostMs = Math.max(gapMs, (probe.atNs - gap.fromNs) / 1e6);
      if (this.#atMostPartition < 0 || atMostMs > this.#atMostMs) {
        this.#atMostMs = atMostMs;
        this.#atMostPartition = gap.partition;
      }
    } else if (gap.open) this.#recovered = false;
    if (this.#partition >= 0 && gapMs <= this.longestMs) return;
    this.longestMs = gapMs;
    this.#partition = gap.partition;
  }

  /** Writes the result into the fault, if any gap overlaps it. Only servers owe acks: a producer that stands still asks none. */
  finish(): void {
    if (this.#partition < 0 || (this.#fault.sides & sides.servers) === 0) return;
    this.#fault.recovered = this.#recovered;
    this.#fault.recoveryMs = this.longestMs;
    if (this.#hasPartitions) this.#fault.recoveryPartition = this.#partition;
    if (this.#atMostPartition < 0) return;
    this.#fault.recoveryAtMostMs = this.#atMostMs;
    if (this.#hasPartitions) this.#fault.recoveryAtMostPartition = this.#atMostPartition;
  }
}
