/**
 * The order of one producer's messages as a consumer session sees them in one partition: each first delivery must have
 * a higher sequence than those before it. The watermark is reset at every assignment and at every change of epoch,
 * because positions compare only within an epoch. Repeats, flagged redeliveries and messages that were never attempted
 * are not given to this class: a damaged sequence would spoil the watermark.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';

export class Order {
  readonly #arrays: Arrays;
  readonly #producers: number;
  /** By producer: its column in every row of watermarks. The first column of a row is the epoch. */
  readonly #columns: Int32Array;
  readonly #sessions = new Map<number, Map<number, Float64Array>>();
  /** By partition: the session that saw it last (-1: none) and its watermarks. Sessions seldom share a partition. */
  readonly #recentSession: Int32Array;
  readonly #recent = new Array<Float64Array | undefined>(65536).fill(undefined);
  /** The addresses of the rows in `#recent`, for the WebAssembly loop over receipts. */
  readonly #recentAddress: Uint32Array;
  /** Rows of sessions that ended, for use by new ones: a long run has many sessions. */
  #spare: Float64Array[] = [];

  constructor(producers: readonly number[], arrays: Arrays = heap) {
    this.#arrays = arrays;
    this.#producers = producers.length;
    this.#columns = arrays.int32(65536);
    for (const [at, producer] of producers.entries()) this.#columns[producer] = at + 1;
    this.#recentSession = arrays.int32(65536).fill(-1);
    this.#recentAddress = arrays.uint32(65536);
  }

  /** Settings for the WebAssembly loop over receipts. */
  get settings() {
    return { sessions: this.#recentSession, watermarks: this.#recentAddress, columns: this.#columns };
  }

  /** True when a later message of the producer was delivered before this one. */
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

  /** Forgets all sessions: a session is in one journal only. */
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
