/** Gives ids their numbers, part by part, and compares what was received with what was sent: body and partition. */
import { deliveryFlags, none16, outcomes } from '../event.ts';
import type { JournalSet } from './journal-set.ts';
import type { NamedPlaces } from './log/named-places.ts';
import type { LogView } from './log/view.ts';
import type { Numbering } from './numbering.ts';
import type { Names } from './parts/names.ts';
import { nothing, type PartedEffect, type PartedReceived, type PartedSent, type PartedStored } from './parts/parted.ts';
import { type Place, routeOf } from './place-bits.ts';
import type { Places } from './places.ts';

/** A message: its number in the journals, and what its attempts say. */
export class Entry {
  attempts = 0;
  /** Of the attempts; undefined once an attempt names none, because then nothing can be said. */
  checksums: readonly string[] | undefined = undefined;
  /** Topic and partition as one number. */
  routes: readonly number[] | undefined = undefined;
  /** By group: how often it had an effect. */
  effects: Map<number, number> | undefined = undefined;
  /** Where it stands in the log that was read. */
  standing: Place[] | undefined = undefined;
  /** Some attempt may have put it where nobody was told. */
  hidden = false;
  readonly producer: number;
  readonly seq: number;
  readonly sentNs: number;
  /** The rank of its sequence, and where its id is kept; `nothing` where it has none. */
  readonly rank: number;
  readonly place: number;

  constructor(producer: number, seq: number, sentNs: number, rank: number, place: number) {
    this.producer = producer;
    this.seq = seq;
    this.sentNs = sentNs;
    this.rank = rank;
    this.place = place;
  }
}

export interface IndexOptions {
  /** What was received and is not in the sent records was sent all the same, and its answer lost. */
  readonly unanswered: boolean;
  /** How messages with a sequence are numbered; absent where the order is not judged. */
  readonly numbering?: Numbering | undefined;
  readonly log?: LogView | undefined;
  /** How far the places reach that records name; there where a log is. */
  readonly named?: NamedPlaces | undefined;
}

export class SentIndex {
  readonly #set: JournalSet;
  readonly #names: Names;
  readonly #places: Places;
  readonly #options: IndexOptions;
  #ids = new Map<string, Entry>();
  #part = 0;
  #arrived = 0;
  #received = 0;
  #bodiesCompared = 0;
  #routesCompared = 0;
  #sent = 0;
  #unnumbered = 0;
  /** Records of the log that carry an id which no line has: outside of what the lines tell of, and at places of theirs. */
  readonly strangers = { beyond: 0, within: 0 };

  constructor(set: JournalSet, names: Names, places: Places, options: IndexOptions) {
    this.#set = set;
    this.#names = names;
    this.#places = places;
    this.#options = options;
  }

  begin(part: number): void {
    this.#part = part;
    this.#ids = new Map();
    this.#arrived = 0;
    this.#set.begin(part);
  }

  sent(record: PartedSent): void {
    const { checksum, topic, partition, timeNs } = record;
    const body = checksum === '' ? undefined : checksum;
    const route = partition === none16 ? undefined : routeOf(topic, partition);
    let entry = this.#ids.get(record.id);
    if (entry === undefined) {
      entry = this.#add(record, timeNs);
      entry.checksums = body === undefined ? undefined : [body];
      entry.routes = route === undefined ? undefined : [route];
      this.#sent += 1;
      if (entry.rank === nothing) this.#unnumbered += 1;
    } else {
      entry.checksums = joined(entry.checksums, body);
      entry.routes = joined(entry.routes, route);
      this.#options.numbering?.again(entry.rank, record);
    }
    entry.attempts += 1;
    this.#set.sent(entry, entry.attempts, record);
    if (record.outcome === outcomes.acked) {
      const holder = { producer: entry.producer, seq: entry.seq, timeNs: timeNs === nothing ? undefined : timeNs };
      this.#places.holder(record, holder);
    }
    if (this.#options.log !== undefined) this.#lookUp(this.#options.log, entry, record);
  }

  /** After all of the part's sent records: an id that is new here was never sent, or its answer never came. */
  received(record: PartedReceived): void {
    const entry = this.#ids.get(record.id) ?? this.#unsent(record.id);
    this.#received += 1;
    let flags = record.redelivered ? deliveryFlags.redelivered : 0;
    if (record.checksum !== '' && entry.checksums !== undefined) {
      this.#bodiesCompared += 1;
      if (!entry.checksums.includes(record.checksum)) flags |= deliveryFlags.corrupt;
    }
    if (record.partition !== none16 && entry.routes !== undefined && sameKind(record.topic, entry.routes)) {
      this.#routesCompared += 1;
      if (!entry.routes.includes(routeOf(record.topic, record.partition))) flags |= deliveryFlags.misrouted;
    }
    const ns = entry.sentNs === nothing || record.timeNs === nothing ? 0 : record.timeNs - entry.sentNs;
    this.#set.received(entry, flags, Math.max(0, ns / 1000), record);
    // where somebody was acknowledged, the acknowledgement says who stands there
    if (this.#options.log?.standsAt(record) === true && !this.#places.isAcked(record)) stand(entry, record);
  }

  /** After all that was received of the part: a record of the log that carries an id. */
  stored(record: PartedStored): void {
    const known = this.#ids.get(record.id);
    if (known !== undefined) return stand(known, record);
    if (this.#places.isAcked(record)) this.strangers.within += 1;
    else if (this.#options.named?.spans(record) !== true) this.strangers.beyond += 1;
    else stand(this.#unsent(record.id), record);
  }

  /** After all that was received of the part. */
  effect({ id, group, count }: PartedEffect): void {
    const entry = this.#ids.get(id) ?? this.#unsent(id);
    entry.effects ??= new Map();
    entry.effects.set(group, (entry.effects.get(group) ?? 0) + count);
  }

  end(): void {
    for (const entry of this.#ids.values()) {
      if (entry.effects !== undefined) this.#set.held(entry, entry.effects);
      if (entry.standing !== undefined) this.#stored(entry, entry.standing);
      else if (entry.hidden) this.#set.untraced(entry);
    }
    this.#set.end();
    this.#names.close(this.#part);
    this.#options.numbering?.close(this.#part);
    this.#ids = new Map();
  }

  /** @param partOrder why the order can be judged of some alone. */
  undecided(partOrder: string | undefined): {
    reordered?: string;
    unavailable: string;
    corrupt?: string;
    misrouted?: string;
  } {
    const bodies = this.#received - this.#bodiesCompared;
    const routes = this.#received - this.#routesCompared;
    const of = (missing: number, field: string): string =>
      `${missing} of ${this.#received} received lines have no ${field} on both sides to compare`;
    const order =
      this.#unnumbered > 0
        ? `${this.#unnumbered} of ${this.#sent} sent messages have no producer and sequence`
        : partOrder;
    return {
      ...(this.#options.numbering === undefined || order === undefined ? {} : { reordered: order }),
      unavailable:
        this.#options.log === undefined ? 'the records name no fault' : 'the records do not say when a send began',
      ...(bodies > 0 ? { corrupt: of(bodies, 'checksum') } : {}),
      ...(routes > 0 ? { misrouted: of(routes, 'partition') } : {}),
    };
  }

  /** By the place of an acknowledgement. */
  #lookUp(log: LogView, entry: Entry, record: PartedSent): void {
    const { outcome, timeNs } = record;
    const told = outcome === outcomes.acked || outcome === outcomes.degraded;
    if (!told || !log.places(record)) entry.hidden ||= log.blurred && outcome !== outcomes.rejected;
    else if (log.standsAt(record) && this.#places.mayStand(record, timeNs)) stand(entry, record);
    else entry.hidden ||= log.isStrangeAt(record);
  }

  #stored(entry: Entry, standing: readonly Place[]): void {
    for (const place of standing) {
      const { routes } = entry;
      const elsewhere =
        routes !== undefined &&
        sameKind(place.topic, routes) &&
        !routes.includes(routeOf(place.topic, place.partition));
      this.#set.stored(entry, elsewhere ? deliveryFlags.misrouted : 0, place);
    }
  }

  #unsent(id: string): Entry {
    const entry = this.#new(id, nothing, nothing);
    if (this.#options.unanswered) this.#set.unanswered(entry);
    return entry;
  }

  #add(record: PartedSent, sentNs: number): Entry {
    return this.#new(record.id, sentNs, this.#options.numbering?.first(record) ?? nothing, record.producer);
  }

  #new(id: string, sentNs: number, rank: number, producer = 0): Entry {
    const { numbering } = this.#options;
    let entry: Entry;
    if (rank === nothing || numbering === undefined) {
      entry = new Entry(this.#part, this.#arrived, sentNs, nothing, nothing);
      this.#arrived += 1;
      this.#names.add(id);
    } else {
      const [number, seq] = [numbering.producerOf(producer), numbering.seqOf(producer, rank)];
      entry = new Entry(number, seq, sentNs, rank, numbering.name(this.#part, id));
    }
    this.#ids.set(id, entry);
    return entry;
  }
}

/** Several lines may name one place. */
function stand(entry: Entry, { topic, partition, position }: Place): void {
  const standing = entry.standing ?? [];
  entry.standing = standing;
  const known = standing.some(
    (each) => each.topic === topic && each.partition === partition && each.position === position,
  );
  if (!known) standing.push({ topic, partition, position });
}

/** Routes with a topic compare with such alone. */
function sameKind(topic: number, routes: readonly number[]): boolean {
  return routes.every((route) => (Math.floor(route / 65536) === none16) === (topic === none16));
}

function joined<T>(known: readonly T[] | undefined, value: T | undefined): readonly T[] | undefined {
  if (known === undefined || value === undefined) return undefined;
  return known.includes(value) ? known : [...known, value];
}
