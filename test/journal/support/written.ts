/** The same history as each format writes it. */
import type { ForeignFiles } from '../../../src/journal/import.ts';
import { type Fate, type Planted, startMs } from './history.ts';

type Reading = Omit<ForeignFiles, 'files'>;

export interface Written {
  readonly sent: { readonly text: string } & Reading;
  readonly received: { readonly text: string } & Reading;
}

export interface Writing {
  readonly name: string;
  /** What it cannot say. */
  readonly without: readonly Fate[];
  /** A message received twice is this: formats without positions cannot say which of the two kinds it is. */
  readonly duplicate: 'duplicate-delivered' | 'duplicate-undecided';
  /** It does not say which of two acknowledgements at one place came first. */
  readonly timeless?: true;
  write(history: Planted): Written;
}

const lines = (values: readonly unknown[]): string =>
  values.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join('');

const own = {
  sent: ({ sends }: Planted) => ({
    text: lines(sends.map(({ timeMs, ...send }) => ({ ...send, time: `${timeMs}000000` }))),
  }),
  received: ({ receipts }: Planted) => ({ text: lines(receipts) }),
};

const placeless = ['rolled-back', 'misordered'] as const;

export const writings: readonly Writing[] = [
  {
    name: 'mqchaos',
    without: [],
    duplicate: 'duplicate-delivered',
    write: (history) => ({ sent: own.sent(history), received: own.received(history) }),
  },
  {
    name: 'json',
    without: [],
    duplicate: 'duplicate-delivered',
    write: ({ sends, receipts }) => ({
      sent: {
        map: 'id=order.no,partition=at.partition,position=at.offset,time=ms(ms),outcome=status(ok:acked,"timed out":unknown),producer=by.name,sequence=by.count',
        where: 'event=sent',
        text: lines([
          ...['INFO starting {main}', { event: 'hello', status: 'ok' }],
          ...sends.map(
            ({ id, partition, position, timeMs, outcome, producer, sequence }) =>
              `2026-11-29T00:00:00Z INFO [main] ${JSON.stringify({
                event: 'sent',
                order: { no: id },
                at: { partition, offset: position },
                ms: timeMs,
                status: outcome === 'acked' ? 'ok' : 'timed out',
                by: { name: producer, count: sequence },
              })}`,
          ),
        ]),
      },
      received: {
        map: 'id=body.order.no,topic=="orders",partition=at.0,position=at.1',
        where: 'event!=hello,body',
        text: lines([
          { event: 'hello' },
          // the body is JSON in a text
          ...receipts.map(({ id, partition, position }) => ({
            event: 'got',
            body: JSON.stringify({ order: { no: id } }),
            at: [partition, position],
          })),
        ]),
      },
    }),
  },
  {
    name: 'csv',
    without: [],
    duplicate: 'duplicate-delivered',
    write: ({ sends, receipts }) => ({
      sent: {
        format: 'csv',
        map: 'id="order.id",partition=partition,position=offset,time=at(s),outcome=result(ok:acked,*:unknown),producer=producer,sequence=n',
        text: lines([
          '"order.id",result,partition,offset,at,producer,n',
          ...sends.map(
            ({ id, outcome, partition, position, timeMs, producer, sequence }) =>
              `"a,""${id}""",${outcome === 'acked' ? 'ok' : '"no, or late"'},${partition},${position},${timeMs / 1000},${producer},${sequence}`,
          ),
        ]),
      },
      received: {
        format: 'csv',
        map: 'id=id,partition=partition,position=offset',
        text: lines([
          'id,partition,offset,note',
          ...receipts.map(({ id, partition, position }) => `"a,""${id}""",${partition},${position},`),
        ]),
      },
    }),
  },
  {
    name: 'verifiable',
    without: [],
    duplicate: 'duplicate-delivered',
    write: ({ sends, receipts }) => ({
      sent: {
        format: 'verifiable',
        text: lines([
          { timestamp: startMs, name: 'startup_complete' },
          ...sends.map(({ id, outcome, partition, position, timeMs }) =>
            outcome === 'acked'
              ? {
                  timestamp: timeMs,
                  name: 'producer_send_success',
                  key: null,
                  value: id,
                  offset: position,
                  topic: 't',
                  partition,
                }
              : {
                  timestamp: timeMs,
                  name: 'producer_send_error',
                  topic: 't',
                  key: null,
                  value: id,
                  exception: 'class org.apache.kafka.common.errors.TimeoutException',
                  message: 'Expiring 1 record(s)',
                },
          ),
          { timestamp: startMs, name: 'shutdown_complete' },
          { timestamp: startMs, name: 'tool_data', sent: sends.length, acked: 0, target_throughput: -1 },
        ]),
      },
      received: {
        format: 'verifiable',
        text: lines([
          { timestamp: startMs, name: 'startup_complete' },
          { timestamp: startMs, name: 'partitions_assigned', partitions: [{ topic: 't', partition: 0 }] },
          ...receipts.map(({ id, partition, position }) => ({
            timestamp: startMs,
            name: 'record_data',
            key: null,
            value: id,
            topic: 't',
            partition,
            offset: position,
          })),
          { timestamp: startMs, name: 'records_consumed', count: receipts.length, partitions: [] },
          { timestamp: startMs, name: 'shutdown_complete' },
        ]),
      },
    }),
  },
  {
    name: 'kcat',
    without: [],
    duplicate: 'duplicate-delivered',
    write: (history) => ({
      sent: own.sent(history),
      received: {
        format: 'kcat',
        map: 'id=payload.no',
        text: lines(
          history.receipts.map(({ id, partition, position }) => ({
            topic: 't',
            partition,
            offset: position,
            tstype: 'create',
            ts: startMs,
            broker: 1,
            key: null,
            payload: JSON.stringify({ no: id }),
          })),
        ),
      },
    }),
  },
  {
    name: 'console-consumer',
    without: [],
    duplicate: 'duplicate-delivered',
    write: (history) => ({
      sent: own.sent(history),
      received: {
        format: 'console-consumer',
        map: 'id=key',
        text: lines([
          ...history.receipts.map(
            ({ id, partition, position }) =>
              `CreateTime:${startMs}\tPartition:${partition}\tOffset:${position}\t${id}\tany value`,
          ),
          'Processed a total of 7 messages',
        ]),
      },
    }),
  },
  {
    name: 'openchaos',
    without: placeless,
    duplicate: 'duplicate-undecided',
    write: ({ sends, receipts }) => {
      const text = lines([
        `fault\tkill\tstart\t${startMs}`,
        ...sends.flatMap(({ id, outcome, timeMs }, at) => {
          const client = at % 3;
          const request = `${client}\tenqueue\tREQUEST\t${id}\tnull\t${timeMs}\tnull`;
          const result = outcome === 'acked' ? 'SUCCESS' : ['FAILURE', 'UNKNOWN'][at % 2];
          const response = `${client}\tenqueue\tRESPONSE\t${result}\t${id}\tnull\t${timeMs + 4}\t4\tnull\t0`;
          // of some that were not acknowledged the answer is missing altogether
          return outcome === 'unknown' && at % 4 === 1 ? [request] : [request, response];
        }),
        `0\tdequeue\tREQUEST\tnull\tnull\t${startMs}\tnull`,
        ...receipts.map(({ id }) => `1\tdequeue\tRESPONSE\tSUCCESS\t${id}\tnull\t${startMs}\t0\tnull\t25`),
        `0\tdequeue\tRESPONSE\tFAILURE\tnull\tnull\t${startMs}\t3\tnull\t0`,
      ]);
      return { sent: { format: 'openchaos', text }, received: { format: 'openchaos', text } };
    },
  },
  {
    name: 'jepsen',
    // a value is all that is known of a message: nobody says whose and the how manyeth it is
    without: ['misordered'],
    duplicate: 'duplicate-delivered',
    timeless: true,
    write: ({ sends, receipts }) => {
      const text = lines([
        ...sends.flatMap(({ id, outcome, partition, position }, at) => {
          const op = (type: string, value: string): string =>
            `#jepsen.history.Op{:index ${at}, :time ${at}, :type :${type}, :process ${at % 3}, :f :send, :value ${value}}`;
          const invoke = op('invoke', `[[:send ${partition} "${id}"]]`);
          if (outcome === 'acked') return [invoke, op('ok', `[[:send ${partition} [${position} "${id}"]]]`)];
          return (
            [[invoke, op('info', `[[:send ${partition} "${id}"]]`)], [invoke, op('info', 'nil')], [invoke]][at % 3] ??
            []
          );
        }),
        '{:index 7, :time 7, :type :invoke, :process :nemesis, :f :kill, :value nil}',
        '{:index 8, :time 8, :type :invoke, :process 4, :f :poll, :value [[:poll]]}',
        ...receipts.map(
          ({ id, partition, position }) =>
            `{:index 9, :time 9, :type :ok, :process 4, :f :poll, :value [[:poll {${partition} [[${position} "${id}"]]}]]}`,
        ),
      ]);
      return { sent: { format: 'jepsen', text }, received: { format: 'jepsen', text } };
    },
  },
  {
    name: 'jepsen queue',
    without: placeless,
    duplicate: 'duplicate-undecided',
    write: ({ sends, receipts }) => {
      const last = receipts.slice(-2);
      const text = lines([
        '[',
        ...sends.flatMap(({ id, outcome }, at) => [
          ` {:type :invoke, :f :enqueue, :value "${id}", :process ${at % 3}, :time ${at}}`,
          ` {:type :${outcome === 'acked' ? 'ok' : 'info'}, :f :enqueue, :value "${id}", :process ${at % 3}, :time ${at}}`,
        ]),
        ...receipts
          .slice(0, -2)
          .flatMap(({ id }) => [
            ' {:type :invoke, :f :dequeue, :value nil, :process 4, :time 1}',
            ` {:type :ok, :f :dequeue, :value "${id}", :process 4, :time 2}`,
          ]),
        ' {:type :fail, :f :dequeue, :value nil, :process 4, :time 3, :error :empty}',
        ' {:type :invoke, :f :drain, :process 4, :time 4}',
        ` {:type :ok, :f :drain, :value [${last.map(({ id }) => `"${id}"`).join(' ')}], :process 4, :time 5}]`,
      ]);
      return { sent: { format: 'jepsen', text }, received: { format: 'jepsen', text } };
    },
  },
];
