/**
 * The log that held the messages, as an independent reader finds it once all files were read: what their last line tells of
 * was done by then. A record of it is known by the id that it carries, or else by its place alone.
 */
import { counted } from '../../counted.ts';
import { type Event, none16, noPosition, type ReadDetail } from '../event.ts';
import type { PartedStored } from './parts/parted.ts';
import { storedPacking } from './parts/parted.ts';
import { Shards } from './parts/shards.ts';
import { type Place, PlaceBits, routeOf } from './place-bits.ts';
import type { Route, Routes } from './routes.ts';

export interface ForeignLog {
  /** What it is, for sentences: `the cluster in data`. */
  readonly name: string;
  /** What of a record is the id, for sentences: `the key`; absent: nothing is, and it is known by its place. */
  readonly identity?: string;
  /** Called once, after all files. @throws ToolError of whoever reads it. */
  read(asked: AskedLog, onRecord: (record: LogRecord) => void): Promise<LogReport>;
}

export interface AskedLog {
  /** Topics that the records name; empty where they name none. */
  readonly topics: readonly string[];
  /** Some places that were acknowledged, and for which id. */
  readonly samples: readonly (LogPlace & { readonly id: string })[];
}

interface LogPlace {
  /** Absent where the records name none. */
  readonly topic?: string | undefined;
  readonly partition: number;
  readonly position: number;
}

export interface LogRecord extends LogPlace {
  readonly id?: string | undefined;
}

/** What was done to the log's owner, with the wall clock of it. */
export interface LogEvent {
  /** Nanoseconds since 1970. */
  readonly atNs: number;
  readonly event: Extract<Event, { kind: 'fault' | 'node' }>;
}

export interface LogReport {
  readonly reads: readonly (Omit<LogPlace, 'position'> & {
    readonly from: number;
    readonly to: number;
    readonly complete: boolean;
    readonly reason?: string;
  })[];
  readonly events: readonly LogEvent[];
  /** Sentences about what was read. */
  readonly remarks: readonly string[];
  /** What of the records holds the ids of the sampled places, as the option would say it. */
  readonly idHint?: { readonly written: string; readonly count: number; readonly of: number };
}

const mostSamples = 1000;

/** The places that records name: how far they reach in each partition, and a few of those acknowledged. */
export class NamedPlaces {
  readonly samples: (Place & { readonly id: string })[] = [];
  readonly #spans = new Map<number, { first: number; last: number }>();

  see(place: Place): void {
    const { topic, partition, position } = place;
    if (position === noPosition || partition === none16) return;
    const route = routeOf(topic, partition);
    const span = this.#spans.get(route);
    if (span === undefined) this.#spans.set(route, { first: position, last: position });
    else {
      span.first = Math.min(span.first, position);
      span.last = Math.max(span.last, position);
    }
  }

  acked(place: Place, id: string): void {
    if (this.samples.length < mostSamples && place.position !== noPosition && place.partition !== none16) {
      const { topic, partition, position } = place;
      this.samples.push({ topic, partition, position, id });
    }
  }

  get any(): boolean {
    return this.#spans.size > 0;
  }

  /** Between the first and the last place that the records name in its partition. */
  spans({ topic, partition, position }: Place): boolean {
    const span = this.#spans.get(routeOf(topic, partition));
    return span !== undefined && position >= span.first && position <= span.last;
  }
}

/** What a log holds, as it was read. */
export class LogView {
  readonly identified: Shards<PartedStored>;
  readonly #name: string;
  /** Places of records without an id. */
  readonly #nameless = new PlaceBits();
  /** Of records whose id no line has. */
  readonly #strange = new PlaceBits();
  readonly byId: boolean;
  /** Records name topics: a place without one is none. */
  readonly #topical: boolean;
  /** Records without an id, where others have one. */
  idless = 0;
  #records = 0;
  /** The first id that one had. */
  firstId: string | undefined;
  report: LogReport = { reads: [], events: [], remarks: [] };

  constructor(folder: string, shards: number, { name, identity }: ForeignLog, topical: boolean) {
    this.#name = name;
    this.#topical = topical;
    this.identified = new Shards(folder, 'stored', shards, storedPacking);
    this.byId = identity !== undefined;
  }

  take(place: Place, id: string | undefined): void {
    this.#records += 1;
    if (id !== undefined) {
      this.firstId ??= id;
      return this.identified.add({ id, ...place });
    }
    if (this.byId) this.idless += 1;
    this.#nameless.add(place);
  }

  /** Whether it says where to look. */
  places({ topic, partition, position }: Place): boolean {
    return position !== noPosition && partition !== none16 && (topic !== none16 || !this.#topical);
  }

  strange(place: Place): void {
    this.#strange.add(place);
  }

  /** Whether a record stands there whose id no line has: it may be a message that its lines call otherwise. */
  isStrangeAt(place: Place): boolean {
    return this.places(place) && this.#strange.has(place);
  }

  /** Whether a record without an id stands there. */
  standsAt(place: Place): boolean {
    return this.places(place) && this.#nameless.has(place);
  }

  get empty(): boolean {
    return this.#records === 0;
  }

  /** Some of its records are known by their place alone. */
  get blurred(): boolean {
    return !this.byId || this.idless > 0;
  }

  /** Whether all of it was read, as a sentence. */
  get proof(): { readonly ok: boolean; readonly proof: string } {
    const { reads } = this.report;
    const whole = reads.filter(({ complete }) => complete).length;
    const what = `${whole} of ${counted(reads.length, 'partition')} from the first position to the end`;
    return { ok: whole === reads.length, proof: `${this.#name}: ${what}, ${counted(this.#records, 'record')}` };
  }

  /** What was read of each partition of the journals; of one that is a topic alone, of all its partitions. */
  readsOf(routes: Routes): ReadDetail[] {
    return Array.from({ length: routes.count }, (_, number) => {
      const route = routes.nameOf(number) ?? { partition: number };
      const own = this.report.reads.filter(({ topic }) => topic === route.topic);
      const read = own.find(({ partition }) => partition === route.partition);
      const name = route.topic === undefined ? {} : { name: nameOf(route) };
      if (read !== undefined) {
        const { topic: _topic, ...detail } = read;
        return { ...detail, ...name, partition: number };
      }
      const whole = route.partition === undefined && own.length > 0 && own.every(({ complete }) => complete);
      const reason = own.length === 0 ? 'its topic is none of those that were read' : 'it is not there';
      return { ...name, partition: number, from: 0, to: 0, complete: whole, ...(whole ? {} : { reason }) };
    });
  }
}

function nameOf({ topic, partition }: Route): string {
  return partition === undefined ? `topic ${topic}` : `partition ${partition} of ${topic}`;
}
