/**
 * Rolled back, by the acknowledgements alone: two messages that were acknowledged at one place are proof that the log went
 * back between them, whoever has read it. Of those that a group received all but the last are gone from the log; of one that
 * nobody received `lost` or `unseen` tell.
 */
import type { Contest, Holder } from '../../journal/import/places.ts';
import type { History } from '../history/history.ts';
import type { Check } from './check.ts';

export function contestsCheck(contests: readonly Contest[]): Check {
  return {
    name: 'contests',
    decides: [],
    run({ history, counts, findings, messageName }) {
      if (history.evidence.readComplete) return; // the log itself shows which of them stands there
      for (const { partition, position, holders } of contests) {
        const nameOf = ({ producer, seq }: Holder): string => messageName(producer, seq);
        const where = { partition, position };
        const last = lastOf(holders);
        // without an order one of them is left, whichever it is
        const gone = holders.filter((holder) => holder !== last && wasReceived(history, holder));
        const count = last === undefined ? gone.length - 1 : gone.length;
        if (count <= 0) continue;
        counts.rolledBack += count;
        findings.add('rolled-back', count);
        const by = last === undefined ? {} : { by: nameOf(last) };
        const messages = last === undefined ? [gone.map(nameOf).join(' or ')] : gone.map(nameOf);
        for (const message of messages) findings.list({ class: 'rolled-back', message, ...where, ...by });
      }
    },
  };
}

/** Undefined when their times do not tell. */
function lastOf(holders: readonly Holder[]): Holder | undefined {
  const times = new Set(holders.map(({ timeNs }) => timeNs));
  return times.has(undefined) || times.size < holders.length ? undefined : holders.at(-1);
}

function wasReceived({ layout, receipts }: History, { producer, seq }: Holder): boolean {
  const word = (layout.base[producer] as number) + (seq >>> 5);
  return receipts.delivered.some((plane) => (((plane[word] as number) >>> (seq & 31)) & 1) === 1);
}
