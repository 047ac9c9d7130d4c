/**
 * Tells the repeats of one receiver (a group, or the independent reader) apart: a position that it was given before is
 * a delivery again; another position is another stored copy; without comparable positions it is undecided. A message
 * that was received once costs one bit, by position. A place that another message had before (a log that was cut and
 * written again within one epoch) compares with nothing.
 */

import { epochCeiling, none8, noPosition } from '../../journal/event.ts';
import { type Arrays, heap } from '../../loops/arrays.ts';
import { NamedBits, SparseBits } from '../structures/sparse.ts';

/** Compares with nothing; not given to this receiver before; given before. */
export const places = { vague: 0, fresh: 1, seen: 2 } as const;
export type Place = (typeof places)[keyof typeof places];
export type Repeat = 'stored' | 'delivered' | 'undecided';

export class Copies {
  readonly compare: boolean;
  readonly #positions: SparseBits;
  /** Set of each partition and epoch; the last one of each partition is remembered in the two arrays. */
  readonly #sets = new Map<number, number>();
  readonly #epochOf: Int32Array;
  readonly #setOf: Int32Array;
  /** Messages with a receipt that had no comparable position, and those of them with one that had. */
  readonly #vague = new NamedBits();
  readonly #placed = new NamedBits();
  #epochs = false;
  #epochless = false;
  #anyVague = 0;

  constructor(compare: boolean, arrays: Arrays = heap) {
    this.compare = compare;
    this.#positions = new SparseBits(arrays);
    this.#epochOf = arrays.int32(65536).fill(-1);
    this.#setOf = arrays.int32(65536);
  }

  /** For the loop over receipts; other ones after `growths` changed. */
  get settings() {
    return {
      compare: this.compare ? 1 : 0,
      vague: this.#anyVague,
      ...{ epochs: this.#epochOf, sets: this.#setOf },
      ...this.#positions.settings,
    };
  }

  get growths(): number {
    return this.#positions.growths + this.#anyVague;
  }

  /** Remembers a place and says what it is to this receiver. */
  place(partition: number, epoch: number, position: number): Place {
    if (!this.compare || position === noPosition || epoch === epochCeiling) return places.vague;
    const set = this.#epochOf[partition] === epoch ? (this.#setOf[partition] as number) : this.#open(partition, epoch);
    return this.#positions.add(set, position) ? places.fresh : places.seen;
  }

  /** First receipt of a message, at a place that compares with nothing. */
  firstVague(producer: number, seq: number): void {
    if (!this.compare) return;
    this.#vague.add(producer, seq);
    this.#anyVague = 1;
  }

  /** What a receipt of a message that was received before repeats. */
  repeat(producer: number, seq: number, place: Place): Repeat {
    if (!this.compare) return 'undecided';
    if (place === places.vague) {
      if (this.#vague.add(producer, seq)) this.#placed.add(producer, seq);
      this.#anyVague = 1;
      return 'undecided';
    }
    if (this.#vague.has(producer, seq) && this.#placed.add(producer, seq)) return 'undecided';
    if (place === places.seen) return 'delivered';
    return this.#epochs && this.#epochless ? 'undecided' : 'stored';
  }

  #open(partition: number, epoch: number): number {
    if (epoch === none8) this.#epochless = true;
    else this.#epochs = true;
    const key = partition * 256 + epoch;
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = this.#sets.size;
      this.#sets.set(key, set);
    }
    this.#epochOf[partition] = epoch;
    this.#setOf[partition] = set;
    return set;
  }
}
