/** Answers that count no more, because their producer contradicted itself: the messages are unknown, whatever was recorded. */
import { kinds, outcomes } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { recordWords, timeAt } from '../../journal/record.ts';
import type { TimeBins } from '../structures/time-bins.ts';

/** Planes of what became of messages. */
interface Fates {
  readonly acked: Int32Array;
  readonly degraded: Int32Array;
  readonly unknown: Int32Array;
  readonly settled: Int32Array;
}

export class Retractions {
  readonly #bins: TimeBins;
  readonly #ackedBin: number;
  /** Of the producer whose journal is being read. */
  #seqs: number[] = [];
  /** Messages of the producer that ended last whose ack is void, and still in its bin. */
  readonly #voided = new Set<number>();

  /** @param ackedBin the counter of `bins` that has messages by their first ack. */
  constructor(bins: TimeBins, ackedBin: number) {
    this.#bins = bins;
    this.#ackedBin = ackedBin;
  }

  add(seq: number): void {
    this.#seqs.push(seq);
  }

  /** After the last record of a producer, whose first word in each plane is at `base`. */
  carryOut({ acked, degraded, unknown, settled }: Fates, base: number): void {
    for (const seq of this.#seqs) {
      const word = base + (seq >>> 5);
      const bit = 1 << (seq & 31);
      if (((acked[word] as number) & bit) !== 0) this.#voided.add(seq);
      for (const plane of [acked, degraded]) plane[word] = (plane[word] as number) & ~bit;
      for (const plane of [unknown, settled]) plane[word] = (plane[word] as number) | bit;
    }
    this.#seqs = [];
  }

  /** Bins hold acks that are void: the journal of the producer that ended last is to be given to `unbin`. */
  get binned(): boolean {
    return this.#voided.size > 0;
  }

  /** Takes them out of their bins. Their times are known only now: hardly any producer ever contradicts itself. */
  readonly unbin: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      const word0 = words[at] as number;
      if ((word0 & 0xff) !== kinds.outcome || ((word0 >>> 8) & 0xff) !== outcomes.acked) continue;
      if (this.#voided.delete((words[at + 1] as number) >>> 0)) {
        this.#bins.count(this.#ackedBin, timeAt(words, at), -1);
      }
    }
  };
}
