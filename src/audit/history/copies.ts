/**
 * Decides of what kind a repeat is that one receiver (a group, or the independent reader) was given. A position that it
 * was given before is a second delivery, another position is a second stored copy, and without comparable positions the
 * repeat is undecided. A message that was received once costs one bit, by its position. A position that another message
 * had before (the log was truncated and written again within one epoch) compares with nothing.
 */

import { epochCeiling, none8, noPosition } from '../../journal/event.ts';
import { type Arrays, heap } from '../../loops/arrays.ts';
import { NamedBits, SparseBits } from '../structures/sparse.ts';

/** `vague`: it compares with nothing. `fresh`: it is new to this receiver. `seen`: the receiver was given it before. */
export const places = { vague: 0, fresh: 1, seen: 2 } as const;
export type Place = (typeof places)[keyof typeof places];
export type Repeat = 'stored' | 'delivered' | 'undecided';

export class Copies {
  readonly compare: boolean;
  readonly #positions: SparseBits;
  /** The set of positions of each partition and epoch. The two arrays hold the last one of each partition. */
  readonly #sets = new Map<number, number>();
  readonly #epochOf: Int32Array;
  readonly #setOf: Int32Array;
  /** Messages with a receipt without a comparable position. */
  readonly #vague = new NamedBits();
  /** Those of them that also have a receipt with one. */
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

  /** Settings for the WebAssembly loop over receipts. They are other ones each time that `growths` changes. */
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

  /** Remembers a place, and says whether this receiver was given it before. */
  place(partition: number, epoch: number, position: number): Place {
    if (!this.compare || position === noPosition || epoch === epochCeiling) return places.vague;
    const set = this.#epochOf[partition] === epoch ? (this.#setOf[partition] as number) : this.#open(partition, epoch);
    return this.#positions.add(set, position) ? places.fresh : places.seen;
  }

  /** Takes the first receipt of a message at a place that compares with nothing; `flagged` by the broker as redelivered. */
  firstVague(producer: number, seq: number, flagged = false): void {
    if (!this.compare && !flagged) return;
    this.#vague.add(producer, seq);
    if (this.compare) this.#anyVague = 1;
  }

  /** The kind of repeat, for a receipt of a message that was received before. */
  repeat(producer: number, seq: number, place: Place, flagged: boolean): Repeat {
    if (!this.compare) {
      // Only the broker's flag tells. Of a flagged receipt and one that is not, the flagged one is the repeat.
      const first = flagged || (this.#vague.has(producer, seq) && this.#placed.add(producer, seq));
      return first ? 'delivered' : 'undecided';
    }
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
