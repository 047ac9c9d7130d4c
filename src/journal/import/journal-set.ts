/**
 * The journals that stand for foreign records: one a part of the sent ids, one a producer whose messages have sequences,
 * one of what was received, one of the effects, the runner's.
 */
import { join } from 'node:path';
import { none8, none16, noPosition, type OutcomeName, outcomes } from '../event.ts';
import type { JournalHeader } from '../header.ts';
import { JournalWriter } from '../writer.ts';
import type { Entry } from './index-of-sent.ts';
import type { LogView } from './log/view.ts';
import type { TimedEvent } from './log/windows.ts';
import type { Numbering } from './numbering.ts';
import { nothing, type PartedReceived, type PartedSent } from './parts/parted.ts';
import { Sorted } from './parts/sorted.ts';
import type { Place } from './place-bits.ts';
import type { Routes } from './routes.ts';

export interface ImportHeader {
  readonly sentFile: string;
  readonly receivedFile: string;
  readonly groups: readonly string[];
  readonly partitions: number;
  readonly positions: 'partition' | 'none';
  /** Some received line names a partition, or a topic: then a position without one compares with nothing. */
  readonly partitioned: boolean;
  readonly topics: boolean;
  /** Earliest time in the records; infinite if none has one. */
  readonly firstNs: number;
  /** Latest time. */
  readonly lastNs: number;
}

/** What is known of the records as a whole. */
export interface Completeness {
  /** The sent file has records, and every line was readable: what it does not hold was never sent. */
  readonly sent: boolean;
  /** The received file holds everything that was received; the sentence says on whose word. */
  readonly received: boolean;
  readonly drain: string;
  /** The file of effects holds all of them, by this sentence; absent where there is no such file. */
  readonly effects?: { readonly all: boolean; readonly proof: string };
}

const lastNs = 2 ** 48 - 2;
const two32 = 2 ** 32;
const outcomeNames = Object.keys(outcomes) as OutcomeName[];
const noPlace = {};
/** In the place of an outcome's code. */
const untracedCode = 15;

export class JournalSet implements Disposable {
  readonly paths: string[] = [];
  readonly #folder: string;
  readonly #header: ImportHeader;
  readonly #completeness: Completeness;
  readonly #routes: Routes;
  /** Absent: the order of receipts is not judged, and nothing is sorted. */
  readonly #numbering: Numbering | undefined;
  readonly #runner: JournalWriter;
  readonly #consumer: JournalWriter;
  readonly #store: JournalWriter | undefined;
  readonly #reader: JournalWriter | undefined;
  readonly #log: LogView | undefined;
  readonly #events: readonly TimedEvent[];
  readonly #sends: Sorted;
  readonly #receipts: Sorted;
  #producer: JournalWriter | undefined;
  #nowNs = 0;

  constructor(
    folder: string,
    header: ImportHeader,
    completeness: Completeness,
    routes: Routes,
    numbering: Numbering | undefined,
    log?: { readonly view: LogView; readonly events: readonly TimedEvent[] },
  ) {
    this.#folder = folder;
    this.#header = header;
    this.#completeness = completeness;
    this.#routes = routes;
    this.#numbering = numbering;
    this.#sends = new Sorted(folder, 'sends');
    this.#receipts = new Sorted(folder, 'receipts');
    this.#runner = this.#open('runner', 'import');
    this.#consumer = this.#open('consumer', header.receivedFile);
    this.#store = completeness.effects === undefined ? undefined : this.#open('store', 'effects');
    this.#log = log?.view;
    this.#events = log?.events ?? [];
    this.#reader = log === undefined ? undefined : this.#open('reader', 'log');
  }

  begin(producer: number): void {
    this.#producer = this.#open('producer', this.#header.sentFile, producer);
  }

  sent({ producer, seq, rank, place }: Entry, attempt: number, record: PartedSent): void {
    const partition = this.#routes.of(record.topic, record.partition);
    if (rank === nothing)
      return this.#write(producer, seq, attempt, record.outcome, partition, record.position, record.timeNs);
    const told = record.outcome * two32 + Math.min(attempt, 255);
    this.#sends.put(rank, record.timeNs, record.position, partition, told, producer, seq, place);
  }

  /** A message that is in no sent record, and was sent all the same. */
  unanswered({ producer, seq }: Entry): void {
    this.#write(producer, seq, 1, outcomes.unknown, none16, noPosition, nothing);
  }

  /** Where it stands in the log: as of the last of the records, for the log was read after them. */
  stored({ producer, seq }: Entry, flags: number, { topic, partition, position }: Place): void {
    const place = { partition: this.#routes.of(topic, partition), position };
    this.#at(this.#header.lastNs);
    this.#reader?.stored({ producer, seq, flags, ...place, sendAttempt: 0, latencyUs: 0 });
  }

  /** A message that the log may hold at a place which nobody was told. */
  untraced({ producer, seq, rank, place }: Entry): void {
    if (rank === nothing) this.#producer?.append({ kind: 'untraced', producer, seq });
    else this.#sends.put(rank, nothing, noPosition, none16, untracedCode * two32, producer, seq, place);
  }

  /** Ends a part. */
  end(): void {
    this.#endProducer();
  }

  received(entry: Entry, flags: number, latencyUs: number, record: PartedReceived): void {
    const { producer, seq, rank } = entry;
    const { topic, partition, position, group, timeNs } = record;
    const { partitioned, topics } = this.#header;
    const vague = (partition === none16 && partitioned) || (topic === none16 && topics);
    const place = vague ? noPosition : position;
    const route = this.#routes.of(topic, partition);
    if (this.#numbering === undefined) {
      return this.#deliver(producer, seq, flags, route, place, latencyUs, group, none16, 0, timeNs);
    }
    // Whether a client library sent it again by itself nobody knows; where the caller did, order is the caller's.
    const sendAttempt = rank === nothing ? 0 : Math.min(entry.attempts, 2);
    const session = rank === nothing ? none16 : record.session;
    const what = ((flags * 256 + group) * 65536 + session) * 16 + sendAttempt;
    this.#receipts.put(record.index, timeNs, place, route, latencyUs, producer, seq, what);
  }

  held({ producer, seq }: Entry, effects: ReadonlyMap<number, number>): void {
    for (const [group, count] of effects) {
      this.#store?.append({ kind: 'held', holding: 'effect', producer, seq, group, count: Math.min(count, two32 - 2) });
    }
  }

  /** Lets go of journals that nobody will read. */
  [Symbol.dispose](): void {
    for (const journal of [this.#runner, this.#consumer, this.#store, this.#reader, this.#producer]) journal?.leave();
  }

  close(): void {
    this.#writeSorted();
    const { received, drain, effects } = this.#completeness;
    if (received) this.#consumer.close();
    else this.#consumer.leave();
    this.#store?.close();
    this.#closeReader();
    for (const { atNs, event } of this.#events) {
      this.#nowNs = Math.min(lastNs, atNs);
      this.#runner.append(event);
    }
    this.#at(this.#header.lastNs);
    for (const step of ['settled', 'healed', 'probed', 'renewed'] as const) {
      this.#runner.append({ kind: 'drain', step, ok: true, detail: {} });
    }
    for (const group of this.#header.groups.keys()) {
      this.#runner.append({ kind: 'drain', step: 'drained', ok: received, detail: { group, proof: drain } });
      if (effects !== undefined) {
        const { all: ok, proof } = effects;
        this.#runner.append({ kind: 'drain', step: 'effects', ok, detail: { group, proof } });
      }
    }
    if (this.#log !== undefined) {
      const { ok, proof } = this.#log.proof;
      this.#runner.append({ kind: 'drain', step: 'read', ok, detail: { proof } });
    }
    this.#runner.close();
  }

  #closeReader(): void {
    if (this.#log === undefined) return;
    this.#at(this.#header.lastNs);
    for (const detail of this.#log.readsOf(this.#routes)) this.#reader?.append({ kind: 'read', detail });
    this.#reader?.close();
  }

  /** What was sent with sequences, producer by producer, and all receipts as they came. */
  #writeSorted(): void {
    const numbering = this.#numbering;
    if (numbering === undefined) return;
    const producers = numbering.producers[Symbol.iterator]();
    let open = -1;
    const openNext = (): void => {
      if (open >= 0) this.#endProducer();
      open = producers.next().value ?? -1;
      if (open >= 0) this.#producer = this.#open('producer', this.#header.sentFile, open);
    };
    openNext();
    const of = (rows: Float64Array, at: number): number => rows[at] as number;
    this.#sends.each((rows, at) => {
      const producer = of(rows, at + 5);
      while (open !== producer) openNext();
      const told = of(rows, at + 4);
      const attempt = told % two32;
      const [position, partition, seq] = [of(rows, at + 2), of(rows, at + 3), of(rows, at + 6)];
      if (Math.floor(told / two32) === untracedCode) {
        this.#producer?.append({ kind: 'untraced', producer, seq });
        return;
      }
      if (attempt === 1) numbering.place(of(rows, at + 7));
      this.#write(producer, seq, attempt, Math.floor(told / two32), partition, position, of(rows, at + 1));
    });
    while (open >= 0) openNext();
    this.#receipts.each((rows, at) => {
      const [timeNs, position, route, latencyUs] = [
        of(rows, at + 1),
        of(rows, at + 2),
        of(rows, at + 3),
        of(rows, at + 4),
      ];
      const what = of(rows, at + 7);
      const session = Math.floor(what / 16) % 65536;
      const group = Math.floor(what / 2 ** 20) % 256;
      const flags = Math.floor(what / 2 ** 28);
      const [producer, seq] = [of(rows, at + 5), of(rows, at + 6)];
      this.#deliver(producer, seq, flags, route, position, latencyUs, group, session, what % 16, timeNs);
    });
  }

  #write(
    producer: number,
    seq: number,
    attempt: number,
    code: number,
    partition: number,
    position: number,
    timeNs: number,
  ): void {
    this.#at(timeNs);
    this.#producer?.intended(producer, seq, attempt, partition, 0);
    const outcome = outcomeNames[code] as OutcomeName;
    // of other outcomes the record has the number of a reason in its place
    const place = code === outcomes.acked || code === outcomes.degraded ? { partition, position } : noPlace;
    this.#producer?.outcome(producer, seq, attempt, outcome, 0, place);
  }

  #deliver(
    producer: number,
    seq: number,
    flags: number,
    partition: number,
    position: number,
    latencyUs: number,
    group: number,
    session: number,
    sendAttempt: number,
    timeNs: number,
  ): void {
    this.#at(timeNs);
    const delivery = { producer, seq, flags, partition, position, sendAttempt, latencyUs };
    this.#consumer.received(delivery, group === none8 ? 0 : group, session, 1);
  }

  /** A journal without its closing mark says that attempts may be missing from it. */
  #endProducer(): void {
    if (this.#completeness.sent) this.#producer?.close();
    else this.#producer?.leave();
    this.#producer = undefined;
  }

  #at(timeNs: number): void {
    this.#nowNs = timeNs === nothing || !Number.isFinite(timeNs) ? 0 : Math.min(lastNs, timeNs - this.#header.firstNs);
  }

  #open(role: JournalHeader['role'], writer: string, producer?: number): JournalWriter {
    const path = join(this.#folder, `${role}${producer === undefined ? '' : `.${producer}`}.journal`);
    this.paths.push(path);
    const { groups, partitions, positions } = this.#header;
    const header: JournalHeader = {
      run: 'import',
      role,
      writer,
      ...(producer === undefined ? {} : { producer }),
      clock: { source: 'monotonic', bootId: 'import', baseNs: '0', wall: wallOf(this.#header.firstNs) },
      topic: 'import',
      partitions,
      groups,
      positions,
      client: 'import',
    };
    return new JournalWriter(path, header, () => this.#nowNs);
  }
}

function wallOf(firstNs: number): string {
  const date = new Date(Number.isFinite(firstNs) ? firstNs / 1e6 : 0);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
