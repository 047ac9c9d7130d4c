/** What each class means, in half a line. The long form is in docs/audit.md. */
import type { FindingSummary } from '../audit/audit.ts';
import type { FindingClass } from '../audit/class.ts';
import { counted } from './phrases.ts';
import type { RunRecord } from './record.ts';

export const meanings: Readonly<Record<FindingClass, string>> = {
  lost: 'acknowledged, and no group ever received it',
  'rolled-back': 'acknowledged and received, and gone from the log',
  skipped: 'acknowledged and stored, passed over by a group',
  unseen: 'acknowledged, not received by every group, drain not proven',
  'duplicate-stored': 'one message at two positions of the log',
  'duplicate-delivered': 'one position delivered twice to a group',
  'duplicate-undecided': 'received twice, with no positions to tell why',
  'duplicate-effect': 'its effect was applied twice',
  recovered: 'no answer to the sender, and delivered all the same',
  undelivered: 'not acknowledged, and not delivered',
  pending: 'not acknowledged, and its fate is open',
  'degraded-lost': 'stored but not protected as asked, and not delivered',
  'stale-overwrite': 'an older effect written over a newer one',
  contradicted: 'refused by the broker, and delivered',
  phantom: 'delivered, and never sent',
  corrupt: 'delivered with a wrong checksum',
  misrouted: 'delivered from another partition than it was sent to',
  reordered: 'delivered after a later message of its producer and partition',
  unprocessed: 'received, and without effect',
  'dead-letter-lost': 'left the queue, in no dead letter, without effect',
  'over-retried': 'tried more often than allowed',
  unavailable: 'acknowledgements stopped',
};

/** Why a class that the run may have is no failure of it. */
export function allowance(record: RunRecord, { class: name, limit }: FindingSummary): string | undefined {
  if (record.profile?.expect.harm?.includes(name)) return 'this is what the run is there to show';
  if (limit !== undefined && limit > 0) return `at most ${limit} allowed`;
  return customary[name]?.(record);
}

const customary: Partial<Record<FindingClass, (record: RunRecord) => string | undefined>> = {
  unseen: () => 'no proof of a loss, so it is not called one',
  'duplicate-stored': () => 'at-least-once: a retry for want of an answer may store it again',
  'duplicate-delivered': () => 'at-least-once: what a group had not committed comes again',
  'duplicate-undecided': () => 'at-least-once',
  recovered: () => 'only the answer was lost',
  undelivered: undeliveredText,
  pending: () => 'neither a loss nor a delivery is proven',
  'degraded-lost': () => 'the sender was told that it was not protected',
  reordered: reorderedText,
  unavailable: unavailableText,
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

function reorderedText({ counts }: RunRecord): string | undefined {
  const retries = counts.attempts - counts.attempted;
  if (retries <= 0) return undefined;
  return `${counted(retries, 'retry', 'retries')}: what is sent again comes after what was sent meanwhile`;
}

function unavailableText({ profile }: RunRecord): string {
  const recoveryMs = profile?.expect.recoveryMs;
  return recoveryMs === undefined ? 'no bound was set' : `at most ${recoveryMs} ms allowed`;
}
