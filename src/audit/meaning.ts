/** What each class of finding means, in half a sentence. The long form is in docs/audit.md. */
import type { FindingClass } from './class.ts';

export const meanings: Readonly<Record<FindingClass, string>> = {
  lost: 'acknowledged, and no group ever received it',
  'rolled-back': 'acknowledged and received, and gone from the log',
  skipped: 'acknowledged and stored, passed over by a group',
  unseen: 'acknowledged, not received by every group, and the drain is not proven',
  'duplicate-stored': 'one message at two positions of the log',
  'duplicate-delivered': 'one stored message delivered twice to a group',
  'duplicate-undecided': 'received twice, with no positions to tell why',
  'duplicate-effect': 'its effect was applied twice',
  recovered: 'no answer to the sender, and delivered all the same',
  undelivered: 'not acknowledged, and not delivered',
  'undelivered-silent': 'undelivered, and nobody was told',
  pending: 'not acknowledged, and its fate is open',
  'degraded-lost': 'stored but not protected as asked, and not delivered',
  'stale-overwrite': 'an older effect written over a newer one',
  contradicted: 'refused by the broker, and delivered',
  phantom: 'delivered, and never sent',
  corrupt: 'delivered with a wrong checksum',
  misrouted: 'delivered from another partition than it was sent to',
  reordered: 'sent once, delivered after a later message of its producer and partition',
  unprocessed: 'received, and without effect',
  'dead-letter-lost': 'left the queue, in no dead letter, without effect',
  'over-retried': 'tried more often than allowed',
  unavailable: 'acknowledgements stopped',
  'phantom-effect': 'the store holds an effect of a message that was not received',
};
