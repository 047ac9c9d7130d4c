/**
 * When the messages that something may have befallen were sent and settled, kept on the way through the producers'
 * journals, so that these need no second read. The deliveries, which are read first, say of nearly all which they are;
 * one that was not acked joins when that is known. It is an economy only: a message without a row here (there were too
 * many, or its beginning was over when it joined) has the answer of `Details`, from that second read.
 */
import { none16, noPosition, outcomes } from '../journal/event.ts';
import type { SendDetail, SendDetails } from './details.ts';
import { countBits, type Layout, newPlane } from './planes.ts';

export const watchedMessages = 1 << 19;

export class Watchlist {
  /** Messages whose every record is of interest. */
  readonly plane: Int32Array;
  readonly #most: number;
  #rows = 0;
  /** Of each word, the row that was made last, plus one; of each row, the one before it in the same word. */
  readonly #lastOf: Int32Array;
  #before = new Int32Array(0);
  #bit = new Uint8Array(0);
  #sentAtNs = new Float64Array(0);
  #settledAtNs = new Float64Array(0);
  #position = new Float64Array(0);
  #partition = new Uint16Array(0);
  #attempts = new Uint16Array(0);

  /** `suspects`: a bit for each message of which it is known beforehand; when there are more than `most`, none is watched. */
  constructor(layout: Layout, suspects: Int32Array, most = watchedMessages) {
    let count = 0;
    for (let word = 0; word < suspects.length; word += 1) count += countBits(suspects[word] as number);
    this.plane = count > most ? newPlane(layout) : suspects;
    this.#lastOf = newPlane(layout);
    this.#most = count > most ? 0 : most;
    this.#grow(1024);
  }

  /** The first attempt at a message; from now on it is watched. */
  begin(word: number, bit: number, atNs: number, partition: number): void {
    this.plane[word] = (this.plane[word] as number) | (1 << bit);
    if (this.#rows === this.#most) return;
    if (this.#rows === this.#bit.length) this.#grow(this.#rows * 2);
    const row = this.#rows;
    this.#before[row] = this.#lastOf[word] as number;
    this.#bit[row] = bit;
    this.#sentAtNs[row] = atNs;
    this.#settledAtNs[row] = -1;
    this.#position[row] = noPosition;
    this.#partition[row] = partition;
    this.#attempts[row] = 1;
    this.#rows = row + 1;
    this.#lastOf[word] = row + 1;
  }

  /** It joins too late: what was recorded of it before is not known any more. */
  tooLate(word: number, bit: number): void {
    this.plane[word] = (this.plane[word] as number) | (1 << bit);
  }

  attempt(word: number, bit: number, partition: number): void {
    const row = this.#rowOf(word, bit);
    if (row < 0) return;
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
      missing &= ~(1 << (this.#bit[row] as number));
    return missing === 0;
  }

  /** Undefined for a message without a row. */
  of(word: number, bit: number, endNs: number): SendDetail | undefined {
    const row = this.#rowOf(word, bit);
    if (row < 0) return undefined;
    const settled = this.#settledAtNs[row] as number;
    return {
      sentAtNs: this.#sentAtNs[row] as number,
      settledAtNs: settled < 0 ? endNs : settled,
      partition: this.#partition[row] as number,
      position: this.#position[row] as number,
      attempts: this.#attempts[row] as number,
    };
  }

  #rowOf(word: number, bit: number): number {
    let row = (this.#lastOf[word] as number) - 1;
    while (row >= 0 && this.#bit[row] !== bit) row = (this.#before[row] as number) - 1;
    return row;
  }

  #grow(rows: number): void {
    this.#before = longer(this.#before, new Int32Array(rows));
    this.#bit = longer(this.#bit, new Uint8Array(rows));
    this.#sentAtNs = longer(this.#sentAtNs, new Float64Array(rows));
    this.#settledAtNs = longer(this.#settledAtNs, new Float64Array(rows));
    this.#position = longer(this.#position, new Float64Array(rows));
    this.#partition = longer(this.#partition, new Uint16Array(rows));
    this.#attempts = longer(this.#attempts, new Uint16Array(rows));
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
