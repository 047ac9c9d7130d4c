/**
 * What became of each message, for 32 messages at a time. This is the heart of the audit: every line is one definition
 * from docs/audit.md, written as set algebra over words of the planes.
 */
import type { History, ProducerHistory } from '../history/history.ts';
import { validBits } from '../structures/planes.ts';

/** Each field is a word with a bit for each of 32 messages. One instance is filled again and again. */
export class Settlement {
  attempted = 0;
  acked = 0;
  degraded = 0;
  rejected = 0;
  unknown = 0;
  ackedDelivered = 0;
  lost = 0;
  lostProved = 0;
  skipped = 0;
  unseen = 0;
  aged = 0;
  rolledBack = 0;
  degradedDelivered = 0;
  degradedLost = 0;
  recovered = 0;
  contradicted = 0;
  undelivered = 0;
  pending = 0;
  /** Received by some group, although the readable part of the producer's journal does not attempt it. */
  beyond = 0;
  readonly #history: History;
  /** Messages that the read of the log cannot prove absent. Undefined if it proves no message absent. */
  readonly #doubt: Int32Array | undefined;
  readonly #allDrained: boolean;
  readonly #groups: number;

  constructor(history: History) {
    this.#history = history;
    this.#groups = history.groups.length;
    // a broker that misroutes may have put any message into a partition that was not read
    this.#doubt = history.evidence.readComplete ? history.sends.doubt : undefined;
    this.#allDrained = this.#groups > 0 && history.evidence.drained.every((drained) => drained);
  }

  /** The messages with a finding of one of these classes. */
  get befallen(): number {
    const acked = this.lost | this.rolledBack | this.skipped | this.unseen;
    return acked | this.degradedLost | this.recovered | this.contradicted | this.undelivered | this.pending;
  }

  /** Whether all 32 messages of a word were acked and received by every group, as nearly all words are. */
  isClean(at: number): boolean {
    const { sends, receipts, log } = this.#history;
    if (sends.acked[at] !== -1) return false;
    if ((this.#doubt !== undefined || this.#groups === 0) && log.stored[at] !== -1) return false;
    for (let group = 0; group < this.#groups; group += 1) {
      if ((receipts.delivered[group] as Int32Array)[at] !== -1) return false;
    }
    return true;
  }

  /** Judges the messages of one word; `word` counts from the producer's first word, which is at `base`. */
  judge(producer: ProducerHistory, base: number, word: number): void {
    const { sends, receipts, log, evidence } = this.#history;
    const at = base + word;
    const valid = validBits(producer.top, word);
    const stored = log.stored[at] as number;
    let any = 0;
    let all = -1;
    let missedByDrained = 0;
    for (let group = 0; group < this.#groups; group += 1) {
      const delivered = (receipts.delivered[group] as Int32Array)[at] as number;
      any |= delivered;
      all &= delivered;
      if (evidence.drained[group] === true) missedByDrained |= ~delivered;
    }
    this.beyond = (any | stored) & ~valid;
    if (this.#groups === 0) {
      any = stored; // there is no consumer group: only the reader can see messages
      all = stored;
    }
    const absent = this.#doubt === undefined ? 0 : ~stored & ~(this.#doubt[at] as number);
    this.#classes(valid, at, producer.whole);
    const aged = sends.aged === undefined ? 0 : (sends.aged[at] as number);
    this.#acked(any, all, stored, absent, missedByDrained, aged);
    this.#others(any, stored);
  }

  #classes(valid: number, at: number, whole: boolean): void {
    const { sends } = this.#history;
    this.attempted = valid;
    this.acked = (sends.acked[at] as number) & valid;
    this.degraded = (sends.degraded[at] as number) & valid & ~this.acked;
    // A cut journal may lack an attempt that followed the rejected one: then the outcome is unknown.
    const uncertain = whole ? (sends.unknown[at] as number) | ~(sends.settled[at] as number) : -1;
    this.unknown = uncertain & valid & ~this.acked & ~this.degraded;
    this.rejected = valid & ~this.acked & ~this.degraded & ~this.unknown;
  }

  #acked(any: number, all: number, stored: number, absent: number, missedByDrained: number, aged: number): void {
    const neverSeen = this.acked & ~any;
    this.lostProved = neverSeen & absent;
    this.lost = this.lostProved | (this.#allDrained ? neverSeen & ~stored & ~aged : 0);
    const there = this.acked & ~this.lost;
    this.skipped = there & (stored | (any & ~aged)) & missedByDrained;
    this.unseen = there & ~this.skipped & ~all;
    this.aged = this.unseen & ~stored & aged;
    this.ackedDelivered = there & ~this.skipped & all;
    this.rolledBack = this.acked & any & absent;
  }

  #others(any: number, stored: number): void {
    const others = this.degraded | this.unknown;
    const found = this.#allDrained ? any | stored : any;
    const gone = this.#allDrained ? ~(any | stored) : 0;
    this.degradedDelivered = this.degraded & found;
    this.degradedLost = this.degraded & gone;
    this.recovered = this.unknown & found;
    this.contradicted = this.rejected & (any | stored);
    this.undelivered = (this.unknown | this.rejected) & gone;
    this.pending = (others & ~found & ~gone) | (this.rejected & ~this.contradicted & ~gone);
  }
}
