/**
 * What each answer of the broker says about a message that was sent to it. The rule: `not-stored` needs an answer that is
 * given only when no queue has taken the message. A channel or a connection that the broker closes says nothing of what
 * was sent on it before.
 *
 * Sources: rabbitmq.com/docs/confirms ("When Will Published Messages Be Confirmed by the Broker?", "Negative
 * Acknowledgments for Published Messages") and rabbitmq.com/docs/maxlength ("Queue Overflow Behaviour"), and modules of
 * rabbitmq-server (3.10, 4.x): rabbit_channel, rabbit_classic_queue, rabbit_quorum_queue, rabbit_fifo_client.
 */
import type { SendResult } from '../../driver.ts';
import type { RabbitmqPlan } from '../settings.ts';

export type Verdict = 'stored' | 'not-stored' | 'unknown';

/** `refused` is a basic.nack where no other queue could have taken the message: see `kindOfNack`. */
export type AnswerKind = 'ack' | 'nack' | 'refused' | 'return' | 'channel-closed' | 'connection-closed' | 'deadline';

export interface Answer {
  readonly kind: AnswerKind;
  /** Of the protocol, where there is one. */
  readonly code?: number;
  readonly name: string;
  readonly verdict: Verdict;
  readonly why: string;
}

export const answers: readonly Answer[] = [
  {
    kind: 'ack',
    name: 'ACK',
    verdict: 'stored',
    why: 'every queue that it was routed to has accepted it, or it was routed to none and is not mandatory',
  },
  {
    kind: 'return',
    code: 312,
    name: 'NO_ROUTE',
    verdict: 'not-stored',
    why: 'mandatory, and routed to no queue at all; comes before its ack (rabbit_channel: basic_return, then confirm)',
  },
  {
    kind: 'return',
    code: 313,
    name: 'NO_CONSUMERS',
    verdict: 'unknown',
    why: 'is for the flag `immediate`, which RabbitMQ does not have and is never set here',
  },
  {
    kind: 'refused',
    name: 'REFUSED',
    verdict: 'not-stored',
    why: 'of one quorum queue, which is full (reject-publish) or has no leader: a nack is made only where the command with the message is not sent to it (rabbit_fifo_client:enqueue answers reject_publish); what was sent is sent again until it is applied',
  },
  {
    kind: 'nack',
    name: 'NACK',
    verdict: 'unknown',
    why: 'one of several queues may have refused it while the others took it; a classic queue whose process ended makes nacks of all that it had not confirmed, stored or not (rabbit_classic_queue:handle_event, down)',
  },
  {
    kind: 'channel-closed',
    code: 403,
    name: 'ACCESS_REFUSED',
    verdict: 'unknown',
    why: 'names no message: what was sent before on the channel may be stored',
  },
  {
    kind: 'channel-closed',
    code: 404,
    name: 'NOT_FOUND',
    verdict: 'unknown',
    why: 'the exchange went; what was sent before on the channel may be stored',
  },
  {
    kind: 'channel-closed',
    code: 406,
    name: 'PRECONDITION_FAILED',
    verdict: 'unknown',
    why: 'a message was too large, or anything else; names no message',
  },
  {
    kind: 'channel-closed',
    code: 541,
    name: 'INTERNAL_ERROR',
    verdict: 'unknown',
    why: 'the channel crashed: nothing is known of what it had in hand',
  },
  {
    kind: 'connection-closed',
    code: 320,
    name: 'CONNECTION_FORCED',
    verdict: 'unknown',
    why: 'the node shuts down; what it had in hand may be stored and not confirmed',
  },
  {
    kind: 'connection-closed',
    name: 'CONNECTION_LOST',
    verdict: 'unknown',
    why: 'the connection ended while the answer was awaited',
  },
  {
    kind: 'deadline',
    name: 'deadline',
    verdict: 'unknown',
    why: 'no answer in time: the node is slow, paused or blocks publishers (memory alarm); nothing is lost by that alone',
  },
];

/** The row of an answer; for what is not in the table, one that proves nothing. */
export function answerOf(kind: AnswerKind, code?: number): Answer {
  const found =
    answers.find((row) => row.kind === kind && row.code === code) ??
    answers.find((row) => row.kind === kind && row.code === undefined);
  if (found !== undefined) return found;
  const name = code === undefined ? kind : `${kind}-${code}`;
  return { kind, name, verdict: 'unknown', why: 'not in the table' };
}

/** Whether a nack can only mean that the message is nowhere. */
export function kindOfNack({ queue }: Pick<RabbitmqPlan, 'queue'>, groups: number): AnswerKind {
  return queue === 'quorum' && groups === 1 ? 'refused' : 'nack';
}

export function resultOf({ verdict, name }: Answer): SendResult {
  if (verdict === 'stored') return { outcome: 'acked' };
  return { outcome: verdict === 'not-stored' ? 'rejected' : 'unknown', reason: name };
}
