/** What is said of the numbers of a run, beside the sums themselves. */

import type { RunRecord } from '../record.ts';
import { listedFirst, reasons, redelivered, retries } from './phrases.ts';

/** Below this share of the rate it is said: an outage of a tenth of the run is what runs are for. */
const saidBelow = 0.9;

export function numberTexts(record: RunRecord): string[] {
  const texts = [...paceTexts(record), retries(record.counts), ...reasons(record), redelivered(record.counts)];
  return texts.filter((text) => text !== undefined);
}

/** The rate that was asked for, when it was not reached, and what that did to the schedule. */
export function paceTexts({ profile, counts, phases, faults }: RunRecord): string[] {
  const asked = profile?.producers.ratePerSecond;
  const from = phases.find(({ phase }) => phase === 'send')?.atNs;
  const to = phases.find(({ phase }) => phase === 'settle')?.atNs;
  if (asked === undefined || from === undefined || to === undefined || counts.attempted === 0) return [];
  const reached = counts.attempted / ((to - from) / 1e9);
  if (reached >= asked * saidBelow) return [];
  const planned = profile?.producers.messages ?? counts.attempted;
  const shares = faults.flatMap(({ id, trigger }) =>
    typeof trigger?.attempted === 'number' && trigger.lateMs !== undefined
      ? [`${id} at ${Math.round((trigger.attempted / planned) * 100)}%`]
      : [],
  );
  const hit =
    shares.length === 0 ? '' : `; what was due by time came at this share of the messages: ${listedFirst(shares)}`;
  return [`${Math.round(reached)} messages a second were sent, not ${asked} as asked${hit}`];
}
