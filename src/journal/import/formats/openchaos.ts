/**
 * The history file of OpenChaos (openmessaging/openchaos, chaos-framework/…/recorder/RequestLogEntry.java and
 * ResponseLogEntry.java): columns parted by tabs, `client operation REQUEST value shardingKey ms info` and `client
 * operation RESPONSE result value shardingKey ms latency info endToEnd`. One file holds both sides.
 */
import type { ReceivedRecord, SentRecord } from '../record.ts';
import { timeIn } from './fields.ts';
import type { Format, Reader } from './format.ts';

export const openchaosFormat: Format = {
  name: 'openchaos',
  summary: 'the history file of an OpenChaos queue test; give it as --sent and as --received',
  sent: () => () => enqueues(),
  received: () => () => dequeues(),
  example: {
    sent: '3\tenqueue\tRESPONSE\tSUCCESS\t17\tnull\t1795937988676\t4\tnull\t0',
    received: '3\tdequeue\tRESPONSE\tSUCCESS\t17\tnull\t1795937988701\t0\tnull\t25',
  },
  assumes: {
    sent: ['openchaos: FAILURE of an enqueue is an exception, which proves nothing: it counts as unknown'],
    received: [
      'openchaos: no line names a position, so that a message received twice is undecided, and the order is not judged; its ' +
        'faults are not read',
    ],
  },
  cuttable: true,
  fixed: true,
  looksLike: (line) => (shape.test(line) ? ['sent', 'received'] : []),
};

const shape = /^(?:\d+\t(?:enqueue|dequeue)\t(?:REQUEST|RESPONSE)\t|fault\t[^\t]+\t[^\t]+\t\d+$)/;
const results: Record<string, SentRecord['outcome'] | undefined> = {
  SUCCESS: 'acked',
  FAILURE: 'unknown',
  UNKNOWN: 'unknown',
};

interface Entry {
  readonly client: string;
  readonly operation: string;
  /** Absent of a request. */
  readonly result?: string;
  readonly value: string;
  readonly timeNs: number | undefined;
}

/** Undefined for a fault. @throws Error. */
function entryOf(line: string): Entry | undefined {
  if (!shape.test(line)) throw new Error('no line of a client or a fault');
  if (line.startsWith('fault\t')) return undefined;
  const columns = line.split('\t');
  const [client = '', operation = '', type] = columns;
  const request = type === 'REQUEST';
  // a value, or the information at the end, may hold tabs: then the columns cannot be told
  if (columns.length !== (request ? 7 : 10)) throw new Error(`${columns.length} columns, and not ${request ? 7 : 10}`);
  const [result, value, , ms] = columns.slice(request ? 2 : 3);
  if (!request && (result === undefined || results[result] === undefined))
    throw new Error(`no result is called '${result}'`);
  return {
    client,
    operation,
    ...(request ? {} : { result: result as string }),
    value: value as string,
    timeNs: timeIn(ms, 'ms'),
  };
}

function enqueues(): Reader<SentRecord> {
  const pending = new Map<string, Entry>();
  const unanswered = (entry: Entry): SentRecord => ({ id: entry.value, outcome: 'unknown', timeNs: entry.timeNs });
  return {
    line(text, emit) {
      const entry = entryOf(text);
      if (entry?.operation !== 'enqueue') return 'other';
      const before = pending.get(entry.client);
      pending.delete(entry.client);
      if (before !== undefined && (entry.result === undefined || before.value !== entry.value))
        emit(unanswered(before));
      if (entry.result === undefined) pending.set(entry.client, entry);
      else
        emit({ id: entry.value, outcome: results[entry.result] ?? 'unknown', timeNs: before?.timeNs ?? entry.timeNs });
      return undefined;
    },
    end(emit) {
      for (const entry of pending.values()) emit(unanswered(entry));
      return {};
    },
  };
}

function dequeues(): Reader<ReceivedRecord> {
  return {
    line(text, emit) {
      const entry = entryOf(text);
      if (entry?.operation !== 'dequeue' || entry.result !== 'SUCCESS') return 'other';
      emit({ id: entry.value, session: entry.client, timeNs: entry.timeNs });
      return undefined;
    },
  };
}
