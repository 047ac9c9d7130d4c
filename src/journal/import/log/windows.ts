/** What was done to the log's owner, in the time of the records: which of it can have touched them, and when it was. */
import type { LogEvent } from './log.ts';

export interface TimedEvent {
  /** Since the journals' base, and behind it. */
  readonly atNs: number;
  readonly event: LogEvent['event'];
}

/**
 * Faults that were healed before the first record are none of theirs; one that was in force by then is in force from the
 * beginning. Of each node the last state before counts.
 * @param baseNs shortly before the first record; infinite: some sent record has no time, and nothing can be compared.
 */
export function eventsIn(events: readonly LogEvent[], baseNs: number): TimedEvent[] {
  if (!Number.isFinite(baseNs)) return [];
  const over = new Set<string>();
  const states = new Map<string, LogEvent>();
  for (const each of events.filter(({ atNs }) => atNs < baseNs)) {
    const { event } = each;
    if (event.kind === 'node') states.set(String(event.detail.id), each);
    else if (event.step === 'healed') over.add(event.detail.id);
  }
  const kept = events.filter((each) => {
    const { event, atNs } = each;
    if (event.kind === 'fault') return !over.has(event.detail.id);
    return atNs >= baseNs || states.get(String(event.detail.id)) === each;
  });
  return kept.map(({ atNs, event }) => ({ atNs: Math.max(1, atNs - baseNs), event }));
}
