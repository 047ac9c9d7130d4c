/** Gives ids their numbers, part by part, and compares what was received with what was sent: body and partition. */
import { deliveryFlags } from '../event.ts';
import type { JournalSet } from './journal-set.ts';
import type { Places } from './places.ts';
import type { ReceivedRecord, SentRecord } from './record.ts';
import type { Names } from './shards.ts';

interface Entry {
  readonly seq: number;
  attempts: number;
  readonly sentNs: number | undefined;
  /** Of the attempts; undefined once an attempt names none, because then nothing can be said. */
  checksums: readonly string[] | undefined;
  partitions: readonly number[] | undefined;
}

export class SentIndex {
  readonly #set: JournalSet;
  readonly #names: Names;
  readonly #places: Places;
  readonly #acksOnly: boolean;
  #ids = new Map<string, Entry>();
  #part = 0;
  #received = 0;
  #bodiesCompared = 0;
  #routesCompared = 0;

  /** @param acksOnly the sent records are acknowledgements alone. */
  constructor(set: JournalSet, names: Names, places: Places, acksOnly: boolean) {
    this.#set = set;
    this.#names = names;
    this.#places = places;
    this.#acksOnly = acksOnly;
  }

  begin(part: number): void {
    this.#part = part;
    this.#ids = new Map();
    this.#set.begin(part);
  }

  sent(record: SentRecord): void {
    const { checksum, partition } = record;
    let entry = this.#ids.get(record.id);
    if (entry === undefined) {
      entry = this.#add(record.id, record.timeNs);
      entry.checksums = checksum === undefined ? undefined : [checksum];
      entry.partitions = partition === undefined ? undefined : [partition];
    } else {
      entry.checksums = joined(entry.checksums, checksum);
      entry.partitions = joined(entry.partitions, partition);
    }
    entry.attempts += 1;
    this.#set.sent(this.#part, entry.seq, entry.attempts, record);
    if (record.outcome === 'acked') {
      this.#places.holder(record, { producer: this.#part, seq: entry.seq, timeNs: record.timeNs });
    }
  }

  /** After all of the part's sent records: an id that is new here was never sent, or its answer never came. */
  received(record: ReceivedRecord): void {
    const entry = this.#ids.get(record.id) ?? this.#unsent(record.id);
    this.#received += 1;
    let flags = record.redelivered === true ? deliveryFlags.redelivered : 0;
    if (record.checksum !== undefined && entry.checksums !== undefined) {
      this.#bodiesCompared += 1;
      if (!entry.checksums.includes(record.checksum)) flags |= deliveryFlags.corrupt;
    }
    if (record.partition !== undefined && entry.partitions !== undefined) {
      this.#routesCompared += 1;
      if (!entry.partitions.includes(record.partition)) flags |= deliveryFlags.misrouted;
    }
    const ns = entry.sentNs === undefined || record.timeNs === undefined ? 0 : record.timeNs - entry.sentNs;
    this.#set.received(this.#part, entry.seq, flags, Math.max(0, ns / 1000), record);
  }

  end(): void {
    this.#set.end();
    this.#names.close(this.#part);
    this.#ids = new Map();
  }

  undecided(): { reordered: string; unavailable: string; corrupt?: string; misrouted?: string } {
    const bodies = this.#received - this.#bodiesCompared;
    const routes = this.#received - this.#routesCompared;
    const of = (missing: number, field: string): string =>
      `${missing} of ${this.#received} received lines have no ${field} on both sides to compare`;
    return {
      reordered: 'the records do not say which producer sent what',
      unavailable: 'the records name no fault',
      ...(bodies > 0 ? { corrupt: of(bodies, 'checksum') } : {}),
      ...(routes > 0 ? { misrouted: of(routes, 'partition') } : {}),
    };
  }

  #unsent(id: string): Entry {
    const entry = this.#add(id, undefined);
    if (this.#acksOnly) this.#set.sent(this.#part, entry.seq, 1, { id, outcome: 'unknown' });
    return entry;
  }

  #add(id: string, sentNs: number | undefined): Entry {
    const entry = { seq: this.#ids.size, attempts: 0, sentNs, checksums: undefined, partitions: undefined };
    this.#ids.set(id, entry);
    this.#names.add(id);
    return entry;
  }
}

function joined<T>(known: readonly T[] | undefined, value: T | undefined): readonly T[] | undefined {
  if (known === undefined || value === undefined) return undefined;
  return known.includes(value) ? known : [...known, value];
}
