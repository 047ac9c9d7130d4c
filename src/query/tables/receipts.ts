import { deliveryLatencyUs, sendAttemptOf } from '../../journal/decode.ts';
import { deliveryFlags } from '../../journal/event.ts';
import type { RecordFields } from '../../journal/record.ts';
import { processingsOf, type Receipt, receiptsOf, resultOf, results } from '../rows/receipts.ts';
import type { QueriedRun } from '../rows/run.ts';
import type { Field } from '../scan.ts';
import { messageColumns, messageFields, placeFields } from './message.ts';
import { type Column, flag, moment, place, scanned, type Table, text, whole } from './table.ts';

const strangers = deliveryFlags.foreign | deliveryFlags.unidentified;

/** Of a delivery: one that is not of this run, or whose identity is damaged, names no message. */
export function isNamed({ code }: RecordFields): boolean {
  return (code & strangers) === 0;
}

export const flagsField: Field<{ readonly record: RecordFields }> = { type: 'uint32', of: ({ record }) => record.code };

function flagColumn(name: string, about: string, bit: number): Column {
  return flag(name, about, `flags & ${bit} <> 0`);
}

/** What a message says of itself, whoever read it. */
export const contentFlags: readonly Column[] = [
  flagColumn('corrupt', 'its body is not what was sent', deliveryFlags.corrupt),
  flagColumn('misrouted', 'it names another partition than the one where it was found', deliveryFlags.misrouted),
  flagColumn('unidentified', 'its identity is damaged: nobody knows which message it is', deliveryFlags.unidentified),
  flagColumn('of_another_run', 'a message of another run', deliveryFlags.foreign),
];

export const sendAttempt = whole(
  'send_attempt',
  'the attempt that the message carries; 15 stands for it and all above, 0 for not known',
);

const resultWords = results.slice(1).join(', ');

/** Of a consumer's record. */
export const consumerColumns: readonly Column[] = [
  text('consumer_group', 'group, without the name of the topic before it: g1'),
  text('consumer', 'the life of a consumer: c1.1'),
  whole('session', "number of the consumer's session with the broker"),
];

export function consumerFields(run: QueriedRun): Readonly<Record<string, Field<Pick<Receipt, 'journal' | 'record'>>>> {
  return {
    consumer_group: { type: 'name', names: run.groups.all, of: ({ record }) => run.group(record.group) },
    consumer: { type: 'name', names: run.writers.all, of: ({ journal }) => journal.writer },
    session: { type: 'number', of: ({ record }) => (record.session === 0xffff ? -1 : record.session) },
  };
}

export function receipts(run: QueriedRun): Table {
  const journals = run.journals('consumer');
  return scanned<Receipt>(
    {
      name: 'receipts',
      about: 'a delivery of a message to a consumer',
      columns: [
        ...messageColumns,
        ...consumerColumns,
        whole('try', 'number of the try at processing, as far as anybody counts: from 1'),
        sendAttempt,
        ...place,
        ...moment('received_at', 'when it was received'),
        whole('latency_us', 'from the sending of that attempt, in microseconds, to 16 µs', 'BIGINT'),
        flagColumn('redelivered', 'the broker itself says that it delivered it before', deliveryFlags.redelivered),
        flagColumn(
          'by_retry_topic',
          'it came by the retry topic of the group, so that it has no position',
          deliveryFlags.scheduled,
        ),
        flagColumn('auto_acked', "it was acknowledged without the application's say", deliveryFlags.weak),
        ...contentFlags,
        text(
          'result',
          `what the consumer recorded of it last: ${resultWords}; null: nothing, as where processing has no effect`,
        ),
        ...moment('result_at', 'when it recorded that'),
      ],
    },
    {
      estimate: journals.reduce((sum, { records }) => sum + records, 0),
      rows: (wanted) => receiptsOf(journals, wanted.has('result') || wanted.has('result_at_ns')),
      fields: {
        ...messageFields(run, isNamed),
        ...consumerFields(run),
        ...placeFields,
        try: { type: 'number', of: ({ record }) => record.attempt },
        send_attempt: { type: 'number', of: ({ record }) => sendAttemptOf(record) },
        received_at_ns: { type: 'number', of: ({ record }) => record.atNs },
        latency_us: { type: 'number', of: ({ record }) => deliveryLatencyUs(record) },
        flags: flagsField,
        result: { type: 'name', names: results, of: ({ result }) => result },
        result_at_ns: { type: 'number', of: ({ resultAtNs }) => resultAtNs },
      },
    },
  );
}

export function processings(run: QueriedRun): Table {
  const journals = run.journals('consumer');
  return scanned(
    {
      name: 'processings',
      about: 'what a consumer recorded of a receipt: an effect, a failure, or where it put the message',
      columns: [
        ...messageColumns,
        ...consumerColumns,
        whole('try', 'number of the try at processing'),
        text('result', resultWords),
        whole('delay_ms', 'of redelivery-scheduled: in how many milliseconds it is to come again', 'BIGINT'),
        ...moment('recorded_at', 'when it was recorded'),
      ],
    },
    {
      estimate: journals.reduce((sum, { records }) => sum + records, 0) / 2,
      rows: () => processingsOf(journals),
      fields: {
        ...messageFields(run, () => true),
        ...consumerFields(run),
        try: { type: 'number', of: ({ record }) => record.attempt },
        result: { type: 'name', names: results, of: ({ record }) => resultOf(record) },
        delay_ms: {
          type: 'number',
          of: ({ record }) => (results[resultOf(record)] === 'redelivery-scheduled' ? record.value : -1),
        },
        recorded_at_ns: { type: 'number', of: ({ record }) => record.atNs },
      },
    },
  );
}
