/**
 * The pass over the producers' journals: what became of every attempt. A message is acked if any of its attempts was
 * acked. Otherwise it is degraded if any attempt was, then unknown if any attempt is unknown or has no outcome, then
 * rejected.
 */

import { eventPass } from '../../journal/decode.ts';
import { kinds, none16, outcomes } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { positionAt, recordWords, timeAt } from '../../journal/record.ts';
import type { Loops } from '../../loops/loops.ts';
import type { Doubts } from '../evidence/doubts.ts';
import type { Watchlist } from '../fates/watchlist.ts';
import { Histogram } from '../structures/histogram.ts';
import { type Layout, loopPlane, newPlane } from '../structures/planes.ts';
import { TimeBins } from '../structures/time-bins.ts';
import type { AckTimes } from '../windows/outages.ts';
import { AnswerCounts } from './answers.ts';
import { Retractions } from './retractions.ts';

/** Rows for attempts in flight, by their sequence modulo this number. No producer has more in flight. */
const flights = 1 << 14;
/** A row is the first half of the record that began the attempt, with the partition in the place of the session. */
const flightWords = 4;

/**
 * Counters of a bin of time: attempts begun; messages by their first ack; attempts that came to an end, by an outcome, by
 * the next attempt or by their producer's end; and outcomes that are no ack.
 */
export const sendCounters = {
  attempts: 0,
  acked: 1,
  ended: 2,
  degraded: 3,
  rejected: 4,
  unknown: 5,
  sent: 6,
} as const;
const counters = Object.keys(sendCounters).length;
/** The counter of an outcome by its code; acks are counted by message. */
const outcomeCounters = new Map<number, number>(
  (['degraded', 'rejected', 'unknown', 'sent'] as const).map((name) => [outcomes[name], sendCounters[name]]),
);

/** How one producer's journal ended; its messages are judged by it. */
export interface ProducerEnd {
  readonly producer: number;
  /** The first sequence that the readable part of the journal does not attempt. */
  readonly top: number;
  /** The time of its last record: none of its attempts began later. */
  readonly lastNs: number;
  /**
   * Its sequences are not dense: the writer was no producer of ours, or damage went unnoticed by the records' checks.
   */
  readonly disordered: boolean;
}

export class Sends {
  readonly acked: Int32Array;
  readonly degraded: Int32Array;
  readonly unknown: Int32Array;
  /** The last attempt has an outcome. The bit means nothing for a message that was acked. */
  readonly settled: Int32Array;
  /** The last outcome was `sent`: a oneway send never gets an answer. */
  readonly oneway: Int32Array;
  /** The read of the log cannot prove this message absent. Undefined if no partition was read. */
  readonly doubt: Int32Array | undefined;
  /** Retention may have removed the message before the log was read. Undefined if every read began at position 0. */
  readonly aged: Int32Array | undefined;
  readonly latency: Histogram;
  readonly ackTimes: AckTimes;
  readonly bins: TimeBins;
  /** Messages that are unknown in the end, by their last outcome: counted once all journals were read. */
  readonly unknowns: TimeBins;
  attempts = 0;
  readonly answers = new AnswerCounts();
  readonly retractions: Retractions;
  #names = eventPass(() => {});
  readonly #loops: Loops;
  /** The loop's setting for the next sequence. */
  readonly #loopNext: { value: number };
  /** The loop's setting for the number of rows in the watchlist. */
  readonly #loopRows: { value: number };
  /** The values that the loop was last given. */
  #loopGrowths = -1;
  #loopEndNs = Number.NaN;
  #loopPlaceless = false;
  readonly #layout: Layout;
  readonly #doubts: Doubts | undefined;
  readonly #watchlist: Watchlist;
  #producer = -1;
  #base = 0;
  #top = 0;
  #lastNs = 0;
  #next = 0;
  #disordered = false;
  /** A row for each sequence modulo `flights`. The first word of a row is 0 if no attempt is in flight. */
  readonly #flying: Int32Array;

  constructor(loops: Loops, layout: Layout, ackTimes: AckTimes, doubts: Doubts | undefined, watchlist: Watchlist) {
    this.#loops = loops;
    this.#layout = layout;
    this.latency = new Histogram(loops);
    this.#flying = loops.int32(flights * flightWords);
    this.ackTimes = ackTimes;
    this.bins = new TimeBins(counters, true, ackTimes.endNs, loops);
    this.retractions = new Retractions(this.bins, sendCounters.acked);
    this.unknowns = new TimeBins(1, false, ackTimes.endNs);
    this.acked = loopPlane(layout);
    this.degraded = newPlane(layout);
    this.unknown = newPlane(layout);
    this.settled = newPlane(layout);
    this.oneway = newPlane(layout);
    this.#doubts = doubts;
    this.#watchlist = watchlist;
    this.doubt = doubts === undefined ? undefined : loopPlane(layout);
    this.aged = doubts?.aging === true ? newPlane(layout) : undefined;
    loops.sends.set({
      ...{ ackedBits: this.acked, flying: this.#flying, flights, latency: this.latency.counts },
      ...(doubts === undefined || this.doubt === undefined ? {} : { ...doubts.settings, doubtBits: this.doubt }),
    });
    this.#loopNext = loops.sends.setting('next');
    this.#loopRows = loops.sends.setting('watchRows');
  }

  begin(producer: number): void {
    this.#producer = producer;
    this.#base = this.#layout.base[producer] as number;
    this.#top = this.#layout.top[producer] as number;
    this.#next = 0;
    this.#lastNs = 0;
    this.#disordered = false;
    this.#names = eventPass((event) => {
      if (event.kind === 'name' && event.space === 'error') this.answers.name(event.id, event.text);
    });
    this.#loops.sends.set({ producer, base: this.#base, top: this.#top });
  }

  end(): ProducerEnd {
    const flying = this.#flying;
    this.#coverEnd();
    for (let seq = Math.max(0, this.#next - flights); seq < this.#next; seq += 1) {
      const row = flightOf(seq);
      if (!this.#flies(row, seq)) continue;
      this.ackTimes.abandoned(partitionOf(flying, row), timeAt(flying, row), this.#lastNs);
      this.bins.count(sendCounters.ended, this.#lastNs);
      this.#watch(seq);
    }
    flying.fill(0);
    this.retractions.carryOut(this, this.#base);
    this.#names.finish();
    this.answers.endOfJournal();
    return { producer: this.#producer, top: this.#next, lastNs: this.#lastNs, disordered: this.#disordered };
  }

  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      at = this.#usual(words, at, endWord);
      if (at >= endWord) break;
      const kind = (words[at] as number) & 0xff;
      if (kind === kinds.intended) this.#intended(words, at);
      else if (kind === kinds.outcome) this.#outcome(words, at);
      else if (kind === kinds.disowned) this.#disown(words, at);
      else if (kind === kinds.untraced) this.#untraced(words, at);
      else this.#names.pass(words.subarray(at, at + recordWords), recordWords);
    }
    if (endWord > 0) this.#lastNs = timeAt(words, endWord - recordWords);
  };

  /** Lets the WebAssembly loop take the usual records. Returns the word of the first record that it did not take. */
  #usual(words: Int32Array, from: number, endWord: number): number {
    const { chunk, sends } = this.#loops;
    if (words !== chunk) throw new Error('records are to be in the chunk of the loops');
    const { ackTimes } = this;
    const watchlist = this.#watchlist;
    if (this.#loopGrowths !== watchlist.growths) {
      sends.set(watchlist.settings);
      this.#loopGrowths = watchlist.growths;
    }
    if (this.#loopEndNs !== ackTimes.endNs || this.#loopPlaceless !== ackTimes.placeless) {
      this.bins.cover(ackTimes.endNs);
      sends.set({ ...ackTimes.settings, ...this.bins.settings });
      this.#loopEndNs = ackTimes.endNs;
      this.#loopPlaceless = ackTimes.placeless;
    }
    const first = this.#next;
    this.#loopNext.value = first;
    this.#loopRows.value = watchlist.rows;
    const at = sends.run(from, endWord);
    this.#next = this.#loopNext.value >>> 0;
    watchlist.rows = this.#loopRows.value;
    this.attempts += this.#next - first;
    return at;
  }

  #intended(words: Int32Array, at: number): void {
    const seq = (words[at + 1] as number) >>> 0;
    const again = seq < this.#next;
    if ((words[at] as number) >>> 16 !== this.#producer || !this.#begins(seq, (words[at + 7] as number) & 0xff)) {
      this.#disordered = true;
      return;
    }
    this.attempts += 1;
    const partition = (words[at + 5] as number) >>> 16;
    const atNs = timeAt(words, at);
    this.#reach(atNs);
    this.ackTimes.attempt(partition, atNs);
    this.bins.count(sendCounters.attempts, atNs);
    const row = flightOf(seq);
    if (this.#flies(row, seq)) this.bins.count(sendCounters.ended, atNs);
    for (let part = 0; part < flightWords; part += 1) this.#flying[row + part] = words[at + part] as number;
    this.#flying[row + 3] = ((words[at + 3] as number) & 0xffff) | (partition << 16);
    const word = this.#base + (seq >>> 5);
    if (this.#doubts?.ofAttempt(partition)) this.#doubt(word, 1 << (seq & 31));
    if (again) this.#watchlist.attempt(word, seq & 31, partition);
  }

  #outcome(words: Int32Array, at: number): void {
    const seq = (words[at + 1] as number) >>> 0;
    if (seq >= this.#next || (words[at] as number) >>> 16 !== this.#producer) {
      this.#disordered = true;
      return;
    }
    const atNs = timeAt(words, at);
    this.#reach(atNs);
    const code = ((words[at] as number) >>> 8) & 0xff;
    const word = this.#base + (seq >>> 5);
    const bit = 1 << (seq & 31);
    if (code !== outcomes.acked || ((this.#watchlist.plane[word] as number) & bit) !== 0) this.#watch(seq);
    const row = flightOf(seq);
    const flying = this.#flying;
    if (this.#flies(row, seq)) {
      flying[row] = 0;
      this.ackTimes.answered(partitionOf(flying, row), timeAt(flying, row), atNs);
      this.bins.count(sendCounters.ended, atNs);
    }
    const counter = outcomeCounters.get(code);
    if (counter !== undefined) this.bins.count(counter, atNs);
    if (code === outcomes.acked) this.#acked(words, at, atNs, word, bit);
    else this.#notAcked(code, word, bit);
    const reason = reasonOf(code, words, at);
    if (reason !== none16) this.answers.count(code, reason);
    const partition = (words[at + 5] as number) >>> 16;
    this.#watchlist.outcome(word, seq & 31, code, atNs, partition, positionAt(words, at));
  }

  #reach(atNs: number): void {
    this.ackTimes.reach(atNs);
    this.bins.cover(this.ackTimes.endNs);
    this.unknowns.cover(this.ackTimes.endNs);
  }

  /** The last record need not be of an attempt, so that `AckTimes`, which is not widened for it, may end before. */
  #coverEnd(): void {
    let { endNs } = this.bins;
    while (endNs <= this.#lastNs) endNs *= 2;
    this.bins.cover(endNs);
    this.unknowns.cover(endNs);
    this.#loopEndNs = Number.NaN; // the loop has to be given the bins again
  }

  #disown(words: Int32Array, at: number): void {
    const seq = (words[at + 1] as number) >>> 0;
    if (seq >= this.#next || (words[at] as number) >>> 16 !== this.#producer) {
      this.#disordered = true;
      return;
    }
    this.#watch(seq);
    this.retractions.add(seq);
  }

  #untraced(words: Int32Array, at: number): void {
    const seq = (words[at + 1] as number) >>> 0;
    if (seq >= this.#next || (words[at] as number) >>> 16 !== this.#producer) this.#disordered = true;
    else this.#doubt(this.#base + (seq >>> 5), 1 << (seq & 31));
  }

  /** Counts an attempt in. False if its sequence is out of turn or lies beyond the plane, whose size the tail gave. */
  #begins(seq: number, attempt: number): boolean {
    if (seq === this.#next && attempt === 1 && seq < this.#top) this.#next = seq + 1;
    else if (seq < this.#next) this.#again(seq);
    else return false;
    return true;
  }

  /** Puts the message on the watchlist, with its first attempt if that is still in flight. */
  #watch(seq: number): void {
    const word = this.#base + (seq >>> 5);
    if (this.#watchlist.has(word, seq & 31)) return;
    const row = flightOf(seq);
    const flying = this.#flying;
    if (!this.#flies(row, seq)) this.#watchlist.tooLate(word, seq & 31);
    else this.#watchlist.begin(word, seq & 31, timeAt(flying, row), partitionOf(flying, row));
  }

  #flies(row: number, seq: number): boolean {
    return this.#flying[row] !== 0 && (this.#flying[row + 1] as number) >>> 0 === seq;
  }

  /** Takes a further attempt. A message that is tried again before it has an outcome is unknown, whatever follows. */
  #again(seq: number): void {
    this.#watch(seq);
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

  #acked(words: Int32Array, at: number, atNs: number, word: number, bit: number): void {
    if (((this.acked[word] as number) & bit) === 0) this.bins.count(sendCounters.acked, atNs);
    this.acked[word] = (this.acked[word] as number) | bit;
    this.latency.add((words[at + 6] as number) >>> 0);
    this.bins.latency(atNs, (words[at + 6] as number) >>> 0);
    const partition = (words[at + 5] as number) >>> 16;
    this.ackTimes.ack(partition, atNs);
    const doubts = this.#doubts;
    if (doubts === undefined) return;
    const position = positionAt(words, at);
    if (this.aged !== undefined && doubts.isAged(partition, position)) {
      this.aged[word] = (this.aged[word] as number) | bit;
    }
    if (doubts.ofAck(partition, position, atNs)) this.#doubt(word, bit);
    else if (doubts.clears && partition !== none16 && ((words[at + 7] as number) & 0xff) === 1) {
      if (this.doubt !== undefined) this.doubt[word] = (this.doubt[word] as number) & ~bit;
    }
  }

  #doubt(word: number, bit: number): void {
    if (this.doubt !== undefined) this.doubt[word] = (this.doubt[word] as number) | bit;
  }
}

/** The number of the reason's name; `none16` if the outcome has none. */
function reasonOf(code: number, words: Int32Array, at: number): number {
  if (code === outcomes.degraded) return (words[at + 3] as number) >>> 16;
  if (code !== outcomes.rejected && code !== outcomes.unknown) return none16;
  const reason = positionAt(words, at);
  return reason < none16 ? reason : none16;
}

function flightOf(seq: number): number {
  return (seq % flights) * flightWords;
}

function partitionOf(flying: Int32Array, row: number): number {
  return (flying[row + 3] as number) >>> 16;
}
