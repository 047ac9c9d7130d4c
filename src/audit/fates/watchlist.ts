/**
 * When the messages that something may have befallen were sent and settled, kept on the way through the producers'
 * journals, so that these need no second read. The deliveries, which are read first, say of nearly all which they are;
 * one that was not acked joins when that is known. It is an economy only: a message without a row here (there were too
 * many, or its first attempt was over when it joined) has the answer of `Details`, from that second read.
 */
import { none16, noPosition, outcomes } from '../../journal/event.ts';
import type { Arrays } from '../../loops/arrays.ts';
import { countBits, type Layout, loopPlane } from '../structures/planes.ts';
import type { SendDetail, SendDetails } from './details.ts';

export const watchedMessages = 1 << 19;

const none: Int32Array = new Int32Array(0);
const noBits: Uint8Array = new Uint8Array(0);
const noNumbers: Float64Array = new Float64Array(0);

export class Watchlist {
  /** Messages of which every outcome is of interest. */
  readonly plane: Int32Array;
  /** How many there are. The loop over sends makes some, as many as there is room for. */
  rows = 0;
  /** How often the columns were replaced by longer ones. */
  growths = 0;
  readonly #most: number;
  readonly #arrays: Arrays;
  /** Of each word, the row that was made last, plus one; of each row, the one before it in the same word, plus one. */
  readonly #lastOf: Int32Array;
  #before = none;
  #bit = noBits;
  #sentAtNs = noNumbers;
  #settledAtNs = noNumbers;
  #position = noNumbers;
  #partition = none;
  #attempts = none;

  /** `suspects`: a bit for each message of which it is known beforehand; when there are more than `most`, none is watched. */
  constructor(layout: Layout, suspects: Int32Array, most = watchedMessages) {
    let count = 0;
    for (let word = 0; word < suspects.length; word += 1) count += countBits(suspects[word] as number);
    this.plane = count > most ? loopPlane(layout) : suspects;
    this.#lastOf = loopPlane(layout);
    this.#arrays = layout.arrays;
    this.#most = count > most ? 0 : most;
    this.#grow(1024);
  }

  /** For the loop over sends; other ones after `growths` changed. */
  get settings() {
    return {
      ...{ watchedBits: this.plane, lastRows: this.#lastOf, watchRoom: Math.min(this.#most, this.#bit.length) },
      ...{ rowsBefore: this.#before, rowBits: this.#bit, rowSentNs: this.#sentAtNs, rowSettledNs: this.#settledAtNs },
      ...{ rowPositions: this.#position, rowPartitions: this.#partition, rowAttempts: this.#attempts },
    };
  }

  /** For the loops that look rows up when all was read. */
  get lookup() {
    const { watchedBits: _, watchRoom: __, ...columns } = this.settings;
    return columns;
  }

  /** Whether its watching has begun, or begun too late. */
  has(word: number, bit: number): boolean {
    return this.#rowOf(word, bit) >= 0;
  }

  /** The first attempt at a message, of which nothing more was recorded yet. */
  begin(word: number, bit: number, atNs: number, partition: number): void {
    const row = this.#add(word, bit);
    if (row < 0) return;
    this.#sentAtNs[row] = atNs;
    this.#partition[row] = partition;
    this.#attempts[row] = 1;
  }

  /** What was recorded of the message is not known any more: its row stays without an attempt, and says nothing. */
  tooLate(word: number, bit: number): void {
    this.#add(word, bit);
  }

  attempt(word: number, bit: number, partition: number): void {
    const row = this.#rowOf(word, bit);
    if (row < 0 || this.#attempts[row] === 0) return;
    this.#attempts[row] = (this.#attempts[row] as number) + 1;
    if (this.#position[row] !== noPosition) return;
    this.#settledAtNs[row] = -1;
    this.#partition[row] = partition;
  }

  outcome(word: number, bit: number, code: number, atNs: number, partition: number, position: number): void {
    const row = this.#rowOf(word, bit);
    if (row < 0) return;
    this.#settledAtNs[row] = atNs;
    if ((code !== outcomes.acked && code !== outcomes.degraded) || partition === none16) return;
    this.#partition[row] = partition;
    this.#position[row] = position;
  }

  /** Whether all messages of a word that have a bit here have a row. */
  hasAll(word: number, bits: number): boolean {
    let missing = bits;
    for (let row = (this.#lastOf[word] as number) - 1; row >= 0; row = (this.#before[row] as number) - 1)
      if (this.#attempts[row] !== 0) missing &= ~(1 << (this.#bit[row] as number));
    return missing === 0;
  }

  /** Undefined for a message without a row. */
  of(word: number, bit: number, endNs: number): SendDetail | undefined {
    const row = this.#rowOf(word, bit);
    if (row < 0 || this.#attempts[row] === 0) return undefined;
    const settled = this.#settledAtNs[row] as number;
    return {
      sentAtNs: this.#sentAtNs[row] as number,
      settledAtNs: settled < 0 ? endNs : settled,
      partition: this.#partition[row] as number,
      position: this.#position[row] as number,
      attempts: this.#attempts[row] as number,
    };
  }

  /** A new row; -1 when there is no room for it. */
  #add(word: number, bit: number): number {
    const row = this.rows;
    if (row === this.#most) return -1;
    if (row === this.#bit.length) this.#grow(row * 2);
    this.plane[word] = (this.plane[word] as number) | (1 << bit);
    this.#before[row] = this.#lastOf[word] as number;
    this.#lastOf[word] = row + 1;
    this.#bit[row] = bit;
    this.#settledAtNs[row] = -1;
    this.#position[row] = noPosition;
    this.rows = row + 1;
    return row;
  }

  #rowOf(word: number, bit: number): number {
    let row = (this.#lastOf[word] as number) - 1;
    while (row >= 0 && this.#bit[row] !== bit) row = (this.#before[row] as number) - 1;
    return row;
  }

  #grow(rows: number): void {
    const arrays = this.#arrays;
    this.#before = longer(this.#before, arrays.int32(rows));
    this.#bit = longer(this.#bit, arrays.uint8(rows));
    this.#sentAtNs = longer(this.#sentAtNs, arrays.float64(rows));
    this.#settledAtNs = longer(this.#settledAtNs, arrays.float64(rows));
    this.#position = longer(this.#position, arrays.float64(rows));
    this.#partition = longer(this.#partition, arrays.int32(rows));
    this.#attempts = longer(this.#attempts, arrays.int32(rows));
    this.growths += 1;
  }
}

/** The watched messages of one producer, whose words begin at `base`. */
export class WatchedSends implements SendDetails {
  readonly #watchlist: Watchlist;
  readonly #base: number;

  constructor(watchlist: Watchlist, base: number) {
    this.#watchlist = watchlist;
    this.#base = base;
  }

  of(seq: number, endNs: number): SendDetail | undefined {
    return this.#watchlist.of(this.#base + (seq >>> 5), seq & 31, endNs);
  }
}

function longer<T extends { set(from: T): void }>(column: T, larger: T): T {
  larger.set(column);
  return larger;
}
