/** What a log holds, as it was read: records with an id parted by it, as lines are; of the others a bit for each place. */
import { counted } from '../../../counted.ts';
import { none16, noPosition, type ReadDetail } from '../../event.ts';
import { type PartedStored, storedPacking } from '../parts/parted.ts';
import { Shards } from '../parts/shards.ts';
import { type Place, PlaceBits } from '../place-bits.ts';
import type { Route, Routes } from '../routes.ts';
import type { ForeignLog, LogReport } from './log.ts';

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
