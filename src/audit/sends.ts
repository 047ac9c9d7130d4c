/**
 * The pass over producers' journals: what became of every attempt. A message is acked if any attempt is, else degraded,
 * else unknown if any attempt is (an attempt without an outcome included), else rejected.
 */
import { kinds, none16, noPosition, outcomes } from '../journal/event.ts';
import type { Pass } from '../journal/reader.ts';
import { recordWords } from '../journal/record.ts';
import { Histogram } from './histogram.ts';
import type { AckTimes } from './outages.ts';
import { type Layout, newPlane } from './planes.ts';
import { positionAt, timeAt } from './receipts.ts';
import type { PartitionRead } from './stored.ts';

/** Attempts in flight whose beginning is known, by the last bits of their sequence: more are in flight nowhere. */
const flights = 1 << 14;

/** How one producer's journal ended, for judging its messages. */
export interface ProducerEnd {
  readonly producer: number;
  /** First sequence that the readable part of the journal does not attempt. */
  readonly top: number;
  /** Time of its last record: nothing that it attempted began later. */
  readonly lastNs: number;
  /** Its sequences are not dense: it was not written by a producer of ours, or is damaged in an unlucky way. */
  readonly disordered: boolean;
}

export class Sends {
  readonly acked: Int32Array;
  readonly degraded: Int32Array;
  readonly unknown: Int32Array;
  /** The last attempt has no outcome. */
  readonly open: Int32Array;
  /** The last outcome was `sent`: nobody will ever say more. */
  readonly oneway: Int32Array;
  /** The log as it was read cannot prove this message absent. Only where some partition is not read from 0 to its end. */
  readonly doubt: Int32Array | undefined;
  /** Acked where the log no longer was when it was read, or may have been. Only where some read began after 0. */
  readonly aged: Int32Array | undefined;
  readonly latency = new Histogram();
  readonly ackTimes: AckTimes;
  attempts = 0;
  readonly #layout: Layout;
  readonly #doubts: Doubts | undefined;
  #producer = -1;
  #base = 0;
  #next = 0;
  #lastNs = 0;
  #disordered = false;
  /** Index: sequence modulo `flights`. The sequence that is in flight, -1 for none. */
  readonly #flying = new Float64Array(flights).fill(-1);
  readonly #beganNs = new Float64Array(flights);
  readonly #sentTo = new Uint16Array(flights);

  constructor(layout: Layout, ackTimes: AckTimes, doubts: Doubts | undefined) {
    this.#layout = layout;
    this.ackTimes = ackTimes;
    this.acked = newPlane(layout);
    this.degraded = newPlane(layout);
    this.unknown = newPlane(layout);
    this.open = newPlane(layout);
    this.oneway = newPlane(layout);
    this.#doubts = doubts;
    this.doubt = doubts === undefined ? undefined : newPlane(layout);
    this.aged = doubts?.aging === true ? newPlane(layout) : undefined;
  }

  begin(producer: number): void {
    this.#producer = producer;
    this.#base = this.#layout.base[producer] as number;
    this.#next = 0;
    this.#lastNs = 0;
    this.#disordered = false;
  }

  end(): ProducerEnd {
    for (let seq = Math.max(0, this.#next - flights); seq < this.#next; seq += 1) {
      const slot = seq % flights;
      if (this.#flying[slot] !== seq) continue;
      this.ackTimes.abandoned(this.#sentTo[slot] as number, this.#beganNs[slot] as number, this.#lastNs);
    }
    this.#flying.fill(-1, 0, Math.min(flights, this.#next));
    return { producer: this.#producer, top: this.#next, lastNs: this.#lastNs, disordered: this.#disordered };
  }

  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      const kind = (words[at] as number) & 0xff;
      if (kind === kinds.intended) this.#intended(words, at);
      else if (kind === kinds.outcome) this.#outcome(words, at);
    }
    if (endWord > 0) this.#lastNs = timeAt(words, endWord - recordWords);
  };

  #intended(words: Int32Array, at: number): void {
    const seq = (words[at + 1] as number) >>> 0;
    if (((words[at + 7] as number) & 0xff) === 1 && seq === this.#next && this.#owns(words, at)) this.#next += 1;
    else if (seq >= this.#next || !this.#owns(words, at)) {
      this.#disordered = true;
      return;
    }
    this.attempts += 1;
    const word = this.#base + (seq >>> 5);
    const bit = 1 << (seq & 31);
    const open = this.open[word] as number;
    if ((open & bit) !== 0) this.unknown[word] = (this.unknown[word] as number) | bit;
    else this.open[word] = open | bit;
    const partition = (words[at + 5] as number) >>> 16;
    const atNs = timeAt(words, at);
    this.ackTimes.attempt(partition, atNs);
    const slot = seq % flights;
    this.#flying[slot] = seq;
    this.#beganNs[slot] = atNs;
    this.#sentTo[slot] = partition;
    if (this.#doubts?.ofAttempt(partition)) this.#doubt(word, bit);
  }

  #outcome(words: Int32Array, at: number): void {
    const seq = (words[at + 1] as number) >>> 0;
    if (seq >= this.#next || !this.#owns(words, at)) {
      this.#disordered = true;
      return;
    }
    const word = this.#base + (seq >>> 5);
    const bit = 1 << (seq & 31);
    const code = ((words[at] as number) >>> 8) & 0xff;
    this.open[word] = (this.open[word] as number) & ~bit;
    const slot = seq % flights;
    if (this.#flying[slot] === seq) {
      this.#flying[slot] = -1;
      this.ackTimes.answered(this.#sentTo[slot] as number, this.#beganNs[slot] as number, timeAt(words, at));
    }
    if (code === outcomes.acked) {
      this.acked[word] = (this.acked[word] as number) | bit;
      this.#ackedAt(words, at, word, bit);
    } else if (code === outcomes.degraded) {
      this.degraded[word] = (this.degraded[word] as number) | bit;
    } else {
      if (code !== outcomes.rejected) this.unknown[word] = (this.unknown[word] as number) | bit;
      this.oneway[word] =
        code === outcomes.sent ? (this.oneway[word] as number) | bit : (this.oneway[word] as number) & ~bit;
    }
  }

  #ackedAt(words: Int32Array, at: number, word: number, bit: number): void {
    this.latency.add((words[at + 6] as number) >>> 0);
    const partition = (words[at + 5] as number) >>> 16;
    const atNs = timeAt(words, at);
    this.ackTimes.ack(partition, atNs);
    if (this.#doubts === undefined) return;
    if (this.aged !== undefined && this.#doubts.isAged(partition, positionAt(words, at))) {
      this.aged[word] = (this.aged[word] as number) | bit;
    }
    if (this.#doubts.ofAck(partition, positionAt(words, at), atNs)) this.#doubt(word, bit);
    else if (this.#doubts.clears && partition !== none16 && ((words[at + 7] as number) & 0xff) === 1) {
      if (this.doubt !== undefined) this.doubt[word] = (this.doubt[word] as number) & ~bit;
    }
  }

  #doubt(word: number, bit: number): void {
    if (this.doubt !== undefined) this.doubt[word] = (this.doubt[word] as number) | bit;
  }

  /** Whether the record is this producer's and within the plane that its journal's tail asked for. */
  #owns(words: Int32Array, at: number): boolean {
    const producer = (words[at] as number) >>> 16;
    return producer === this.#producer && (words[at + 1] as number) >>> 0 < (this.#layout.top[producer] as number);
  }
}

/**
 * What the reads leave open. A message is provably absent from the log only if every partition that it was sent to was
 * read to its end after the message was settled, and retention cannot have taken it: the read began at position 0, or
 * at or before the position of its ack.
 */
export class Doubts {
  readonly #attempt = new Uint8Array(65536).fill(1);
  readonly #fromPosition = new Float64Array(65536).fill(Number.POSITIVE_INFINITY);
  readonly #readAtNs = new Float64Array(65536).fill(-1);
  readonly #allComplete: boolean;
  /** First positions that are left of partitions that retention has cut. */
  readonly #left = new Map<number, number>();

  /** `sameClock`: times of the reader and of the producers are of one boot. */
  constructor(reads: ReadonlyMap<number, PartitionRead>, partitions: number, sameClock: boolean) {
    let complete = 0;
    for (const read of reads.values()) {
      if (read.from > 0) this.#left.set(read.partition, read.from);
      if (!read.complete || !sameClock) continue;
      complete += 1;
      this.#attempt[read.partition] = read.from > 0 ? 1 : 0;
      this.#fromPosition[read.partition] = read.from;
      this.#readAtNs[read.partition] = read.atNs;
    }
    this.#allComplete = complete >= partitions;
  }

  get aging(): boolean {
    return this.#left.size > 0;
  }

  /** Retention may have taken what was acked there. */
  isAged(partition: number, position: number): boolean {
    if (partition === none16) return this.aging;
    const from = this.#left.get(partition) ?? 0;
    return from > 0 && (position === noPosition || position < from);
  }

  ofAttempt(partition: number): boolean {
    return this.#attempt[partition] === 1;
  }

  ofAck(partition: number, position: number, atNs: number): boolean {
    if (atNs > (this.#readAtNs[partition] as number)) return partition !== none16 || !this.#allComplete;
    const from = this.#fromPosition[partition] as number;
    return from > 0 && (position === noPosition || position < from);
  }

  /** Whether an ack without doubt clears the attempt's: then only retention was in question. */
  get clears(): boolean {
    return this.#allComplete;
  }
}
