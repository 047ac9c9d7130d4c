import type { Table } from './table.ts';
import { moment, place, text, whole } from './table.ts';

/**
 * What became of each message by its attempts, by the audit's rule (docs/audit.md). A producer's journal that was cut may
 * lack the attempt that followed a rejected one.
 */
const grouped = `(SELECT any_value(message) AS message, producer, seq, count(*) AS attempts,
    min(sent_at_ns) AS sent_at_ns, max(answered_at_ns) AS answered_at_ns,
    min(answered_at_ns) FILTER (acked) AS acked_at_ns,
    arg_min(partition, answered_at_ns) FILTER (acked) AS partition,
    arg_min(position, answered_at_ns) FILTER (acked) AS position,
    arg_min(epoch, answered_at_ns) FILTER (acked) AS epoch,
    CASE
      WHEN bool_or(disowned) THEN 'unknown'
      WHEN bool_or(outcome = 'acked') THEN 'acked'
      WHEN bool_or(outcome = 'degraded') THEN 'degraded'
      WHEN bool_or(outcome IN ('unknown', 'sent')) OR NOT bool_and(whole) THEN 'unknown'
      ELSE 'rejected'
    END AS outcome
  FROM (SELECT *, outcome = 'acked' AS acked FROM sends) GROUP BY producer, seq)`;

export function messages(): Table {
  return {
    name: 'messages',
    about: 'a message that was sent, by all its attempts',
    from: grouped,
    columns: [
      text('message', 'as findings call it: p1.1#41', 'message'),
      text('producer', 'the life of a producer that sent it: p1.1', 'producer'),
      whole('seq', 'its number among those of its producer, from 0', 'UINTEGER'),
      text('outcome', 'acked if any attempt was, else degraded, else unknown, else rejected', 'outcome'),
      whole('attempts', 'how often it was tried', 'BIGINT'),
      ...place.map((column) => ({ ...column, about: `${column.about}, by its first ack` })),
      ...moment('sent_at', 'when its first attempt began'),
      ...moment('acked_at', 'when it was first acked'),
      ...moment('answered_at', 'its last answer'),
    ],
  };
}
