/**
 * A Jepsen history (history.edn), an operation a line: of a queue test (`:enqueue`, `:dequeue`, `:drain`) or of a log
 * test (`:send`, `:poll`, `:txn` of micro-operations `[:send k [offset v]]` and `[:poll {k [[offset v]]}]`; see
 * jepsen.tests.kafka and jepsen.redpanda.workload.queue). One file holds both sides. `:ok` is acked, `:fail` did not
 * happen, `:info` may have; so may what has no completion.
 */
import type { ReceivedRecord, SentRecord } from '../record.ts';
import { type Edn, parseEdn } from './edn.ts';
import { integer } from './fields.ts';
import type { Format, Reader } from './format.ts';

export const jepsenFormat: Format = {
  name: 'jepsen',
  summary: 'history.edn of a Jepsen queue or log test; give it as --sent and as --received',
  sent: () => () => sends(),
  received: () => () => receipts(),
  example: {
    sent: '{:type :ok, :f :enqueue, :value 17, :process 0, :time 123, :index 1}',
    received: '{:type :ok, :f :poll, :value [[:poll {5 [[0 17]]}]], :process 0, :time 123, :index 1}',
  },
  assumes: {
    sent: ['jepsen: a key stands for a topic and partition of its own, and a value comes once a key'],
    received: [
      'jepsen: all processes are one group, and what a poll or dequeue showed is a receipt however it ended: where the test ' +
        'assigns partitions to several, or goes back to an offset, what comes twice is no fault',
    ],
  },
  fixed: true,
  looksLike: (line) =>
    /^[[\s]*(?:#jepsen\.history\.Op\s*)?\{.*:(?:f|type|process) /.test(line) ? ['sent', 'received'] : [],
};

interface Op {
  readonly type: string;
  readonly f: string;
  readonly value: Edn;
  readonly process: Edn;
}

const types: ReadonlySet<Edn> = new Set(['invoke', 'ok', 'fail', 'info']);
const outcomes: Record<string, SentRecord['outcome'] | undefined> = { ok: 'acked', fail: 'rejected', info: 'unknown' };
const mopOperations: ReadonlySet<string> = new Set(['send', 'poll', 'txn']);

/** The operations of a file. Older histories are one list over many lines, which must end. */
class History {
  #open = false;

  /** Undefined for a line that only opens or closes the list. @throws Error. */
  op(line: string): Op | undefined {
    const own = line.trim();
    const opens = own.startsWith('[');
    const closes = /(?:^|\})\s*\]$/.test(own);
    if (opens) this.#open = true;
    const text = own.slice(opens ? 1 : 0, closes ? -1 : undefined).trim();
    const op = text === '' ? undefined : opOf(text);
    if (closes) this.#open = false;
    return op;
  }

  get missing(): string | undefined {
    return this.#open ? 'the list that it opens does not end' : undefined;
  }
}

function opOf(text: string): Op {
  const map = parseEdn(text);
  if (!(map instanceof Map)) throw new Error('no map of an operation');
  const type = map.get('type');
  const f = map.get('f');
  if (!types.has(type) || typeof f !== 'string') throw new Error('no :type and :f of an operation');
  return { type, f, value: map.get('value') ?? null, process: map.get('process') ?? null };
}

function idOf(value: Edn): string {
  if (value === null || value instanceof Map || Array.isArray(value))
    throw new Error('a message that is no number and no text');
  return String(value);
}

/** One `[:send k v]` or `[:send k [offset v]]`. */
function sendOf(mop: readonly Edn[]): Pick<SentRecord, 'id' | 'partition' | 'position'> {
  const [, key = null, told = null] = mop;
  const [offset, value] = Array.isArray(told) ? [told[0] ?? null, told[1] ?? null] : [null, told];
  return {
    id: `${idOf(key)}/${idOf(value)}`,
    partition: partitionOf(key),
    position: integer(offset, 'offset', 0, 2 ** 48 - 2),
  };
}

function partitionOf(key: Edn): number | undefined {
  return integer(key, 'key', 0, 65534);
}

/** The micro-operations of one kind. */
function mops(value: Edn, kind: 'send' | 'poll'): (readonly Edn[])[] {
  if (!Array.isArray(value)) return [];
  return value.filter((mop): mop is readonly Edn[] => Array.isArray(mop) && mop[0] === kind);
}

/** What an operation sends; an empty list for one that sends nothing. */
function sentBy({ f, value }: Op): Pick<SentRecord, 'id' | 'partition' | 'position'>[] {
  if (f === 'enqueue') return [{ id: idOf(value) }];
  return mopOperations.has(f) ? mops(value, 'send').map(sendOf) : [];
}

function sends(): Reader<SentRecord> {
  const history = new History();
  const pending = new Map<Edn, Op>();
  const settle = (op: Op, type: string, emit: (record: SentRecord) => void): void => {
    const all = sentBy(op);
    // of several sends, or of one that has an offset, some may have happened before the operation failed
    const partly = type === 'fail' && (all.length > 1 || all.some(({ position }) => position !== undefined));
    const outcome = partly ? 'unknown' : (outcomes[type] ?? 'unknown');
    for (const sent of all) {
      // where a send did not happen, or may not have, its offset is no acknowledgement
      emit(outcome === 'acked' ? { ...sent, outcome } : { id: sent.id, partition: sent.partition, outcome });
    }
  };
  return {
    line(text, emit) {
      const op = history.op(text);
      if (op === undefined || (op.f !== 'enqueue' && !mopOperations.has(op.f))) return 'other';
      const begun = pending.get(op.process);
      pending.delete(op.process);
      if (op.type === 'invoke') {
        if (begun !== undefined) settle(begun, 'info', emit);
        pending.set(op.process, op);
        return undefined;
      }
      // an :info may not repeat what was invoked
      const told = begun !== undefined && (op.value === null || sentBy(op).length < sentBy(begun).length) ? begun : op;
      settle(told, op.type, emit);
      return undefined;
    },
    end(emit) {
      for (const op of pending.values()) settle(op, 'info', emit);
      return { missing: history.missing };
    },
  };
}

function receipts(): Reader<ReceivedRecord> {
  const history = new History();
  const reach = new Reach();
  return {
    line(text, emit) {
      const op = history.op(text);
      if (op === undefined || op.type === 'invoke') return 'other';
      const session = String(op.process);
      if (op.f === 'dequeue' && op.type === 'ok' && op.value !== null) emit({ id: idOf(op.value), session });
      else if (op.f === 'drain') reach.drained(op, (value) => emit({ id: idOf(value), session }));
      else if (mopOperations.has(op.f)) {
        for (const mop of mops(op.value, 'send')) if (op.type === 'ok') reach.acked(sendOf(mop));
        for (const [, polled = null] of mops(op.value, 'poll')) {
          for (const record of polledOf(polled)) {
            reach.polled(record);
            emit({ ...record, session });
          }
        }
      } else if (op.f === 'enqueue') reach.queue = true;
      else return 'other';
      return undefined;
    },
    end: () => ({ incomplete: reach.gap(), missing: history.missing }),
  };
}

function* polledOf(polled: Edn): Generator<Pick<ReceivedRecord, 'id' | 'partition' | 'position'>> {
  if (!(polled instanceof Map)) return;
  for (const [key, messages] of polled) {
    for (const pair of Array.isArray(messages) ? messages : []) {
      if (!Array.isArray(pair)) throw new Error('a poll of something that is no [offset value]');
      yield {
        id: `${idOf(key)}/${idOf(pair[1] ?? null)}`,
        partition: partitionOf(key),
        position: integer(pair[0], 'offset', 0, 2 ** 48 - 2),
      };
    }
  }
}

/** Whether what was acknowledged could have been received by the end of the test, by the history itself. */
class Reach {
  queue = false;
  #drained = false;
  #cut = false;
  readonly #acked = new Map<number, number>();
  readonly #polled = new Map<number, number>();

  acked({ partition, position }: Pick<SentRecord, 'partition' | 'position'>): void {
    further(this.#acked, partition, position);
  }

  polled({ partition, position }: Pick<SentRecord, 'partition' | 'position'>): void {
    further(this.#polled, partition, position);
  }

  drained({ type, value }: Op, emit: (value: Edn) => void): void {
    this.#drained = true;
    if (type !== 'ok') this.#cut = true;
    for (const each of Array.isArray(value) ? value : []) emit(each);
  }

  /** As Jepsen's own checkers: beyond the last offset that was polled, and without a drain, nothing is lost. */
  gap(): string | undefined {
    if (this.#cut) return 'a :drain did not come to its end';
    if (this.queue && !this.#drained) return 'it has no :drain: messages may be left in the queue';
    for (const [key, position] of this.#acked) {
      if ((this.#polled.get(key) ?? -1) < position)
        return `no poll reached offset ${position} of key ${key}, which was acknowledged`;
    }
    return undefined;
  }
}

function further(most: Map<number, number>, partition: number | undefined, position: number | undefined): void {
  if (partition === undefined || position === undefined) return;
  most.set(partition, Math.max(most.get(partition) ?? -1, position));
}
