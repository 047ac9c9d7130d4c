/** Half a sentence on a class that the run may have: why it is no failure. */
import type { FindingSummary } from '../../audit/audit.ts';
import type { FindingClass } from '../../audit/class.ts';
import type { RunRecord } from '../record.ts';

export function allowance(record: RunRecord, finding: FindingSummary): string | undefined {
  const { class: name, limit, contract } = finding;
  if (record.profile?.expect.harm?.includes(name)) return 'this is what the run is there to show';
  if (limit !== undefined && limit > 0) return `expected: at most ${limit}`;
  if (contract?.allowed && !telling.has(name)) return undefined; // the contract says why
  return customary[name]?.(record);
}

/** Classes of which the numbers say more than the contract can. */
const telling: ReadonlySet<FindingClass> = new Set(['undelivered', 'unavailable']);

const customary: Partial<Record<FindingClass, (record: RunRecord) => string | undefined>> = {
  unseen: () => 'no proof of a loss, so it is not called one',
  'duplicate-stored': () => 'at-least-once: a retry for want of an answer may store it again',
  'duplicate-delivered': () => 'at-least-once: what a group had not committed comes again',
  'duplicate-undecided': () => 'at-least-once',
  recovered: () => 'only the answer was lost',
  undelivered: undeliveredText,
  'undelivered-silent': () => 'no promise was broken',
  pending: () => 'neither a loss nor a delivery is proven',
  'degraded-lost': () => 'the sender was told that it was not protected',
  reordered: () => 'no bound was set',
  unavailable: unavailableText,
  'duplicate-effect': () => 'no idempotence: what is processed again is applied again',
  unprocessed: () => 'no bound was set',
  'dead-letter-lost': () => 'no bound was set',
  'over-retried': () => 'no bound was set',
  'phantom-effect': () => 'no bound was set',
  'stale-overwrite': () => 'no bound was set',
};

function undeliveredText({ counts }: RunRecord): string {
  const { undeliveredTold, undeliveredSilent, undeliveredDied } = counts;
  const parts = [
    ...(undeliveredTold > 0 ? [`of ${undeliveredTold} the application was told`] : []),
    ...(undeliveredSilent > 0 ? [`of ${undeliveredSilent} nobody was told`] : []),
    ...(undeliveredDied > 0 ? [`${undeliveredDied} died with the producer`] : []),
  ];
  return ['no promise was broken', ...parts].join(', ');
}

function unavailableText({ profile }: RunRecord): string {
  const recoveryMs = profile?.expect.recoveryMs;
  return recoveryMs === undefined ? 'no bound was set' : `expected: at most ${recoveryMs} ms`;
}
