/**
 * Order of one producer's messages as a consumer session saw them in one partition: each first delivery must carry a
 * higher sequence than those before it. Set back at every assignment and at every change of epoch, because positions
 * compare only within one. What never reaches this class: repeats, flagged redeliveries, messages never attempted
 * (a damaged sequence would poison the watermark).
 */
import { type Arrays, heap } from '../../loops/arrays.ts';

export class Order {
  readonly #arrays: Arrays;
  readonly #producers: number;
  /** Index: producer. Its column in every row of watermarks; the first column is the epoch. */
  readonly #columns: Int32Array;
  readonly #sessions = new Map<number, Map<number, Float64Array>>();
  /** Index: partition. The session that saw it last, -1 for none, and its watermarks; sessions seldom share a partition. */
  readonly #recentSession: Int32Array;
  readonly #recent = new Array<Float64Array | undefined>(65536).fill(undefined);
  /** Where the loop over receipts finds `#recent`. */
  readonly #recentAddress: Uint32Array;
  /** Of sessions that ended: a long run has many. */
  #spare: Float64Array[] = [];

  constructor(producers: readonly number[], arrays: Arrays = heap) {
    this.#arrays = arrays;
    this.#producers = producers.length;
    this.#columns = arrays.int32(65536);
    for (const [at, producer] of producers.entries()) this.#columns[producer] = at + 1;
    this.#recentSession = arrays.int32(65536).fill(-1);
    this.#recentAddress = arrays.uint32(65536);
  }

  /** For the loop over receipts. */
  get settings() {
    return { sessions: this.#recentSession, watermarks: this.#recentAddress, columns: this.#columns };
  }

  /** True when the message is behind one that was delivered before. */
  behind(session: number, partition: number, epoch: number, producer: number, seq: number): boolean {
    const recent = this.#recentSession[partition] === session ? this.#recent[partition] : undefined;
    const marks = recent ?? this.#open(session, partition);
    if (marks[0] !== epoch) {
      marks.fill(-1);
      marks[0] = epoch;
    }
    const at = this.#columns[producer] as number;
    if (seq < (marks[at] as number)) return true;
    marks[at] = seq;
    return false;
  }

  reset(session: number, partition: number): void {
    this.#sessions.get(session)?.get(partition)?.fill(-1);
  }

  /** A session lives in one journal: its watermarks end with it. */
  endOfJournal(): void {
    for (const partitions of this.#sessions.values()) this.#spare.push(...partitions.values());
    this.#sessions.clear();
    this.#recentSession.fill(-1);
    this.#recent.fill(undefined);
  }

  #open(session: number, partition: number): Float64Array {
    let partitions = this.#sessions.get(session);
    if (partitions === undefined) {
      partitions = new Map();
      this.#sessions.set(session, partitions);
    }
    let marks = partitions.get(partition);
    if (marks === undefined) {
      marks = (this.#spare.pop() ?? this.#arrays.float64(1 + this.#producers)).fill(-1);
      partitions.set(partition, marks);
    }
    this.#recentSession[partition] = session;
    this.#recent[partition] = marks;
    this.#recentAddress[partition] = marks.byteOffset;
    return marks;
  }
}
