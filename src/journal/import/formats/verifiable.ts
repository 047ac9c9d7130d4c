/**
 * kafka-verifiable-producer.sh and kafka-verifiable-consumer.sh --verbose: JSON lines of events. The producer's values
 * are its own count, behind a prefix if it was given one. At its end it says how many it sent.
 */
import type { ReceivedRecord, SentRecord, Side } from '../record.ts';
import { type Fields, integer, timeIn } from './fields.ts';
import type { Format, Reader } from './format.ts';
import { objectIn, objectOf } from './json.ts';

export const verifiableFormat: Format = {
  name: 'verifiable',
  summary: 'kafka-verifiable-producer.sh, and kafka-verifiable-consumer.sh --verbose',
  sent: () => () => producer(),
  received: () => (file) => consumer(file),
  example: {
    sent: '{"timestamp":1795937988676,"name":"producer_send_success","key":null,"value":"7.0","offset":0,"topic":"t","partition":0}',
    received:
      '{"timestamp":1795937989751,"name":"record_data","key":null,"value":"7.0","topic":"t","partition":0,"offset":0}',
  },
  assumes: {
    sent: [
      'verifiable: a producer_send_error is a send of which nobody knows, whatever the exception; a message is its value, so ' +
        'two producers of one topic need a --value-prefix each',
    ],
    received: [
      'verifiable: no line names the group; a file is one consumer, whose order is judged from one assignment to the next',
    ],
  },
  fixed: true,
  looksLike: (line) => {
    const name = objectIn(line)?.name;
    return (['sent', 'received'] as const).filter((side) => typeof name === 'string' && events[side].has(name));
  },
};

const events: Record<Exclude<Side, 'effects'>, ReadonlySet<string>> = {
  sent: new Set(['startup_complete', 'shutdown_complete', 'producer_send_success', 'producer_send_error', 'tool_data']),
  received: new Set([
    ...['startup_complete', 'shutdown_complete', 'shutdown_requested', 'record_data', 'records_consumed'],
    ...['partitions_assigned', 'partitions_revoked', 'offsets_committed'],
  ]),
};

/** @throws Error for a line that no such tool writes. */
function eventOf(text: string, side: 'sent' | 'received'): { fields: Fields; name: string } {
  const fields = objectOf(text);
  const { name } = fields;
  if (typeof name !== 'string') throw new Error('no name of an event in it');
  if (events[side].has(name)) return { fields, name };
  const other = side === 'sent' ? 'received' : 'sent';
  if (!events[other].has(name)) throw new Error(`no event is called '${name}'`);
  throw new Error(`'${name}' is written by a ${side === 'sent' ? 'consumer' : 'producer'}`);
}

function place(fields: Fields): Pick<SentRecord, 'id' | 'topic' | 'partition' | 'position'> {
  const { value, topic, partition, offset } = fields;
  if (typeof value !== 'string') throw new Error('no value');
  return {
    id: value,
    topic: typeof topic === 'string' ? topic : undefined,
    partition: integer(partition, 'partition', 0, 65534),
    position: integer(offset, 'offset', 0, 2 ** 48 - 2),
  };
}

function producer(): Reader<SentRecord> {
  let begun = 0;
  let ended = 0;
  let lines = 0;
  let counted = 0;
  return {
    line(text, emit) {
      const { fields, name } = eventOf(text, 'sent');
      if (name === 'startup_complete') begun += 1;
      if (name === 'tool_data') {
        ended += 1;
        counted += integer(fields.sent, 'sent', 0, 2 ** 48) ?? 0;
      }
      if (name !== 'producer_send_success' && name !== 'producer_send_error') return 'other';
      lines += 1;
      const [, producer = '', count] = /^(?:(.*)\.)?(\d{1,14})$/s.exec(String(fields.value)) ?? [];
      emit({
        ...place(fields),
        outcome: name === 'producer_send_success' ? 'acked' : 'unknown',
        timeNs: timeIn(fields.timestamp, 'ms'),
        ...(count === undefined ? {} : { producer, sequence: Number(count) }),
      });
      return undefined;
    },
    end() {
      if (ended < Math.max(1, begun)) {
        return {
          unanswered: 'a producer did not come to its end (no tool_data): sends that were under way have no line',
        };
      }
      return lines < counted ? { missing: `its producers count ${counted} sends, and it has ${lines}` } : {};
    },
  };
}

function consumer(file: string): Reader<ReceivedRecord> {
  let session = 0;
  let lines = 0;
  let counted = 0;
  return {
    line(text, emit) {
      const { fields, name } = eventOf(text, 'received');
      if (name === 'partitions_assigned') session += 1;
      if (name === 'records_consumed') {
        counted += integer(fields.count, 'count', 0, 2 ** 48) ?? 0;
        if (lines === 0 && counted > 0)
          throw new Error('it counts records and names none: the consumer ran without --verbose');
      }
      if (name !== 'record_data') return 'other';
      lines += 1;
      emit({ ...place(fields), session: `${file} ${session}` });
      return undefined;
    },
    end: () => (lines < counted ? { missing: `its consumer counts ${counted} records, and it has ${lines}` } : {}),
  };
}
