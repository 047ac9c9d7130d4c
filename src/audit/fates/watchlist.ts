/**
 * When the messages that may get a finding were sent and settled, kept during the pass over the producers' journals to
 * save a second read. The deliveries, which are read first, name nearly all of these messages. One that was not acked
 * is added when its outcome is read. The watchlist only saves time: a message may have no row here, because there were
 * too many or because its first attempt had ended before it was added. `Details` then gives the same answer from the
 * second read.
 */
import { none16, noPosition, outcomes } from '../../journal/event.ts';
import type { Arrays } from '../../loops/arrays.ts';
import type { Settings } from '../../loops/loop.ts';
import { countBits, type Layout, loopPlane } from '../structures/planes.ts';
import type { SendDetail, SendDetails } from './details.ts';

export const watchedMessages = 1 << 19;

const none: Int32Array = new Int32Array(0);
const noBits: Uint8Array = new Uint8Array(0);
const noNumbers: Float64Array = new Float64Array(0);

export class Watchlist {
  /** A bit for each watched message: all of its outcomes have to be seen. */
  readonly plane: Int32Array;
  /** The number of rows. The WebAssembly loop over sends adds some itself, while there is room. */
  rows = 0;
  /** How often the columns were replaced by longer ones. */
  growths = 0;
  readonly #most: number;
  readonly #arrays: Arrays;
  /** By word of the plane: the number of its latest row plus one. */
  readonly #lastOf: Int32Array;
  /** By row: the number of the row before it in the same word, plus one. */
  #before = none;
  #bit = noBits;
  #sentAtNs = noNumbers;
  #settledAtNs = noNumbers;
  #position = noNumbers;
  #partition = none;
  #attempts = none;

  /**
   * `suspects` has a bit for each message that is to be watched from the start. If they are more than `most`, none is.
   */
  constructor(layout: Layout, suspects: Int32Array, most = watchedMessages) {
    let count = 0;
    for (let word = 0; word < suspects.length; word += 1) count += countBits(suspects[word] as number);
    this.plane = count > most ? loopPlane(layout) : suspects;
    this.#lastOf = loopPlane(layout);
    this.#arrays = layout.arrays;
    this.#most = count > most ? 0 : most;
    this.#grow(1024);
  }

  /** Settings for the WebAssembly loop over sends. They are other ones each time that `growths` changes. */
  get settings(): Settings {
    return {
      ...{ watchedBits: this.plane, lastRows: this.#lastOf, watchRoom: Math.min(this.#most, this.#bit.length) },
      ...{ rowsBefore: this.#before, rowBits: this.#bit, rowSentNs: this.#sentAtNs, rowSettledNs: this.#settledAtNs },
      ...{ rowPositions: this.#position, rowPartitions: this.#partition, rowAttempts: this.#attempts },
    };
  }

  /** Settings for the WebAssembly loops that look rows up once all journals were read. */
  get lookup(): Settings {
    const { watchedBits: _, watchRoom: __, ...columns } = this.settings;
    return columns;
  }

  /** Whether the message has a row, be it one that was added too late. */
  has(word: number, bit: number): boolean {
    return this.#rowOf(word, bit) >= 0;
  }

  /** Adds a message with its first attempt, before anything more of it was recorded. */
  begin(word: number, bit: number, atNs: number, partition: number): void {
    const row = this.#add(word, bit);
    if (row < 0) return;
    this.#sentAtNs[row] = atNs;
    this.#partition[row] = partition;
    this.#attempts[row] = 1;
  }

  /** Adds a message whose first attempt is not known any more: its row stays without attempts and has no answer. */
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

  /** Whether each message of a word whose bit is set in `bits` has a row with attempts. */
  hasAll(word: number, bits: number): boolean {
    let missing = bits;
    for (let row = (this.#lastOf[word] as number) - 1; row >= 0; row = (this.#before[row] as number) - 1)
      if (this.#attempts[row] !== 0) missing &= ~(1 << (this.#bit[row] as number));
    return missing === 0;
  }

  /** Undefined for a message without a row or with one that was added too late. */
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

  /** Adds a row. Returns its number, or -1 if there is no room for it. */
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
