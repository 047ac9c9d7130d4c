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
const flightColumns = 4;

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
  /** The last attempt has an outcome. Of messages that were acked it says nothing. */
  readonly settled: Int32Array;
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
  #top = 0;
  #next = 0;
  #lastNs = 0;
  #disordered = false;
  /** A row for each sequence modulo `flights`: the sequence in flight (-1 for none), when it began, and its partition. */
  readonly #flying = new Float64Array(flights * flightColumns).fill(-1);

  constructor(layout: Layout, ackTimes: AckTimes, doubts: Doubts | undefined) {
    this.#layout = layout;
    this.ackTimes = ackTimes;
    this.acked = newPlane(layout);
    this.degraded = newPlane(layout);
    this.unknown = newPlane(layout);
    this.settled = newPlane(layout);
    this.oneway = newPlane(layout);
    this.#doubts = doubts;
    this.doubt = doubts === undefined ? undefined : newPlane(layout);
    this.aged = doubts?.aging === true ? newPlane(layout) : undefined;
  }

  begin(producer: number): void {
    this.#producer = producer;
    this.#base = this.#layout.base[producer] as number;
    this.#top = this.#layout.top[producer] as number;
    this.#next = 0;
    this.#lastNs = 0;
    this.#disordered = false;
  }

  end(): ProducerEnd {
    const flying = this.#flying;
    for (let seq = Math.max(0, this.#next - flights); seq < this.#next; seq += 1) {
      const row = flightOf(seq);
      if (flying[row] !== seq) continue;
      this.ackTimes.abandoned(flying[row + 2] as number, flying[row + 1] as number, this.#lastNs);
    }
    flying.fill(-1);
    return { producer: this.#producer, top: this.#next, lastNs: this.#lastNs, disordered: this.#disordered };
  }

  /** The loop itself does what befalls nearly every record, a first attempt and its ack; all else is a call. */
  readonly pass: Pass = (words, endWord) => {
    const { acked, ackTimes, latency } = this;
    const flying = this.#flying;
    const doubts = this.#doubts;
    const base = this.#base;
    const owner = this.#producer;
    for (let at = 0; at < endWord; at += recordWords) {
      const word0 = words[at] as number;
      const kind = word0 & 0xff;
      if (kind !== kinds.intended && kind !== kinds.outcome) continue;
      const seq = (words[at + 1] as number) >>> 0;
      const partition = (words[at + 5] as number) >>> 16;
      const atNs = timeAt(words, at);
      const row = flightOf(seq);
      if (kind === kinds.intended) {
        if (word0 >>> 16 !== owner || !this.#begins(seq, (words[at + 7] as number) & 0xff)) {
          this.#disordered = true;
          continue;
        }
        ackTimes.attempt(partition, atNs);
        flying[row] = seq;
        flying[row + 1] = atNs;
        flying[row + 2] = partition;
        if (doubts?.ofAttempt(partition)) this.#doubt(base + (seq >>> 5), 1 << (seq & 31));
        continue;
      }
      if (seq >= this.#next || word0 >>> 16 !== owner) {
        this.#disordered = true;
        continue;
      }
      if (flying[row] === seq) {
        flying[row] = -1;
        ackTimes.answered(flying[row + 2] as number, flying[row + 1] as number, atNs);
      }
      const word = base + (seq >>> 5);
      const bit = 1 << (seq & 31);
      const code = (word0 >>> 8) & 0xff;
      if (code !== outcomes.acked) {
        this.#notAcked(code, word, bit);
        continue;
      }
      acked[word] = (acked[word] as number) | bit;
      latency.add((words[at + 6] as number) >>> 0);
      ackTimes.ack(partition, atNs);
      if (doubts !== undefined) this.#ackedAt(doubts, words, at, word, bit);
    }
    if (endWord > 0) this.#lastNs = timeAt(words, endWord - recordWords);
  };

  /** False for an attempt that comes out of turn, or beyond the plane that the journal's tail asked for. */
  #begins(seq: number, attempt: number): boolean {
    if (seq === this.#next && attempt === 1 && seq < this.#top) this.#next = seq + 1;
    else if (seq < this.#next) this.#again(seq);
    else return false;
    this.attempts += 1;
    return true;
  }

  /** What is tried again before it was settled is unknown, whatever becomes of this attempt. */
  #again(seq: number): void {
    const word = this.#base + (seq >>> 5);
    const bit = 1 << (seq & 31);
    if (((this.settled[word] as number) & bit) === 0) this.unknown[word] = (this.unknown[word] as number) | bit;
    else this.settled[word] = (this.settled[word] as number) & ~bit;
  }

  #notAcked(code: number, word: number, bit: number): void {
    this.settled[word] = (this.settled[word] as number) | bit;
    if (code === outcomes.degraded) {
      this.degraded[word] = (this.degraded[word] as number) | bit;
      return;
    }
    if (code !== outcomes.rejected) this.unknown[word] = (this.unknown[word] as number) | bit;
    if (code === outcomes.sent) this.oneway[word] = (this.oneway[word] as number) | bit;
    else this.oneway[word] = (this.oneway[word] as number) & ~bit;
  }

  #ackedAt(doubts: Doubts, words: Int32Array, at: number, word: number, bit: number): void {
    const partition = (words[at + 5] as number) >>> 16;
    const position = positionAt(words, at);
    if (this.aged !== undefined && doubts.isAged(partition, position)) {
      this.aged[word] = (this.aged[word] as number) | bit;
    }
    if (doubts.ofAck(partition, position, timeAt(words, at))) this.#doubt(word, bit);
    else if (doubts.clears && partition !== none16 && ((words[at + 7] as number) & 0xff) === 1) {
      if (this.doubt !== undefined) this.doubt[word] = (this.doubt[word] as number) & ~bit;
    }
  }

  #doubt(word: number, bit: number): void {
    if (this.doubt !== undefined) this.doubt[word] = (this.doubt[word] as number) | bit;
  }
}

function flightOf(seq: number): number {
  return (seq % flights) * flightColumns;
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
