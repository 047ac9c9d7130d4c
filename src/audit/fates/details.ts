/**
 * When the affected messages of one producer were sent and settled, from a second read of its journal. Only affected
 * messages have a row, at most `rangeMessages` at a time.
 */
import { kinds, none16, noPosition, outcomes } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { positionAt, recordWords, timeAt } from '../../journal/record.ts';
import { countBits } from '../structures/planes.ts';
import { Ranked } from '../structures/ranked.ts';

export const rangeMessages = 1 << 20;

export interface SendDetail {
  readonly sentAtNs: number;
  /** The time of the ack, else of the last outcome, else of the end of the journal. */
  readonly settledAtNs: number;
  readonly partition: number;
  readonly position: number;
  readonly attempts: number;
}

export interface SendDetails {
  /**
   * Undefined for a message without a row. `endNs` is the time at which a message without an outcome counts as settled.
   */
  of(seq: number, endNs: number): SendDetail | undefined;
}

export class Details implements SendDetails {
  readonly #rows: Ranked;
  readonly #sentAtNs: Float64Array;
  readonly #settledAtNs: Float64Array;
  readonly #position: Float64Array;
  readonly #partition: Uint16Array;
  readonly #attempts: Uint16Array;

  /** `affected` has a bit for each message of the producer. This object has rows for words [fromWord, toWord). */
  constructor(affected: Int32Array, fromWord: number, toWord: number) {
    this.#rows = new Ranked(affected, fromWord, toWord);
    const { count } = this.#rows;
    this.#sentAtNs = new Float64Array(count);
    this.#settledAtNs = new Float64Array(count).fill(-1);
    this.#position = new Float64Array(count).fill(noPosition);
    this.#partition = new Uint16Array(count).fill(none16);
    this.#attempts = new Uint16Array(count);
  }

  readonly pass: Pass = (words, endWord) => {
    const rows = this.#rows;
    for (let at = 0; at < endWord; at += recordWords) {
      const seq = words[at + 1] as number;
      if (!rows.has(seq >>> 5, seq & 31)) continue;
      const kind = (words[at] as number) & 0xff;
      if (kind === kinds.intended) this.#intended(rows.row(seq >>> 5, seq & 31), words, at);
      else if (kind === kinds.outcome) this.#outcome(rows.row(seq >>> 5, seq & 31), words, at);
    }
  };

  /** Undefined for a message that is not affected or not in this range. */
  of(seq: number, endNs: number): SendDetail | undefined {
    const row = this.#rows.row(seq >>> 5, seq & 31);
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

  #intended(row: number, words: Int32Array, at: number): void {
    if (this.#attempts[row] === 0) this.#sentAtNs[row] = timeAt(words, at);
    else if (this.#position[row] === noPosition) this.#settledAtNs[row] = -1;
    this.#attempts[row] = (this.#attempts[row] as number) + 1;
    if (this.#position[row] === noPosition) this.#partition[row] = (words[at + 5] as number) >>> 16;
  }

  #outcome(row: number, words: Int32Array, at: number): void {
    this.#settledAtNs[row] = timeAt(words, at);
    const code = ((words[at] as number) >>> 8) & 0xff;
    if (code !== outcomes.acked && code !== outcomes.degraded) return;
    const partition = (words[at + 5] as number) >>> 16;
    if (partition === none16) return;
    this.#partition[row] = partition;
    this.#position[row] = positionAt(words, at);
  }
}

/** Divides the words of a producer into ranges of at most `size` affected messages, but of at least one word each. */
export function ranges(affected: Int32Array, size: number): [fromWord: number, toWord: number][] {
  const cuts: [number, number][] = [];
  let from = 0;
  let count = 0;
  for (let word = 0; word < affected.length; word += 1) {
    const here = countBits(affected[word] as number);
    if (count > 0 && count + here > size) {
      cuts.push([from, word]);
      from = word;
      count = 0;
    }
    count += here;
  }
  if (count > 0) cuts.push([from, affected.length]);
  return cuts;
}
