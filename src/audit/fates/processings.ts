/**
 * When a group received its affected messages, and what its consumers recorded of their processing, from a second read
 * of the consumers' journals. Only affected messages have a row.
 */
import { effectOutcomes, kinds } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { positionAt, recordWords, timeAt } from '../../journal/record.ts';
import type { Layout } from '../structures/planes.ts';
import { Ranked } from '../structures/ranked.ts';

export interface Processing {
  /** When it was sent, to 16 µs: the time of its first receipt minus its age then, which the message itself tells. */
  readonly sentNs: number;
  /** The times of its first and last receipt. */
  readonly firstNs: number;
  readonly lastNs: number;
  /** Until when the last consumer that received it may have worked on it. */
  readonly untilNs: number;
  readonly partition: number;
  readonly position: number;
  /** How often consumers recorded that the store applied it. */
  readonly applied: number;
}

export class Processings {
  readonly #layout: Layout;
  readonly #group: number;
  readonly #rows: Ranked;
  readonly #sentNs: Float64Array;
  readonly #firstNs: Float64Array;
  readonly #lastNs: Float64Array;
  readonly #untilNs: Float64Array;
  readonly #position: Float64Array;
  readonly #partition: Uint16Array;
  readonly #applied: Uint16Array;

  /** `affected` has a bit for each message of the layout. This object has rows for words [fromWord, toWord). */
  constructor(layout: Layout, group: number, affected: Int32Array, fromWord: number, toWord: number) {
    this.#layout = layout;
    this.#group = group;
    this.#rows = new Ranked(affected, fromWord, toWord);
    const { count } = this.#rows;
    this.#sentNs = new Float64Array(count);
    this.#firstNs = new Float64Array(count).fill(-1);
    this.#lastNs = new Float64Array(count).fill(-1);
    this.#untilNs = new Float64Array(count);
    this.#position = new Float64Array(count);
    this.#partition = new Uint16Array(count);
    this.#applied = new Uint16Array(count);
  }

  /** The pass over one consumer's journal. `endedNs` is when the consumer was gone, if it did not end by itself. */
  pass(endedNs: number | undefined): Pass {
    return (words, endWord) => {
      for (let at = 0; at < endWord; at += recordWords) {
        const kind = (words[at] as number) & 0xff;
        if (kind !== kinds.received && kind !== kinds.effect) continue;
        if ((((words[at + 7] as number) >>> 8) & 0xff) !== this.#group) continue;
        const row = this.#row((words[at] as number) >>> 16, (words[at + 1] as number) >>> 0);
        if (row < 0) continue;
        if (kind === kinds.received) this.#received(row, words, at, endedNs);
        else if ((((words[at] as number) >>> 8) & 0xff) === effectOutcomes.applied) {
          this.#applied[row] = (this.#applied[row] as number) + 1;
        }
      }
    };
  }

  /** Undefined for a message that is not affected, not in this range, or was never received by the group. */
  of(producer: number, seq: number): Processing | undefined {
    const row = this.#row(producer, seq);
    if (row < 0 || (this.#firstNs[row] as number) < 0) return undefined;
    return {
      sentNs: this.#sentNs[row] as number,
      firstNs: this.#firstNs[row] as number,
      lastNs: this.#lastNs[row] as number,
      untilNs: this.#untilNs[row] as number,
      partition: this.#partition[row] as number,
      position: this.#position[row] as number,
      applied: this.#applied[row] as number,
    };
  }

  #received(row: number, words: Int32Array, at: number, endedNs: number | undefined): void {
    const atNs = timeAt(words, at);
    const first = this.#firstNs[row] as number;
    if (first < 0 || atNs < first) {
      this.#firstNs[row] = atNs;
      this.#sentNs[row] = Math.max(0, atNs - ((words[at + 6] as number) >>> 4) * 16_000);
    }
    if (atNs < (this.#lastNs[row] as number)) return;
    this.#lastNs[row] = atNs;
    this.#untilNs[row] = Math.max(atNs, endedNs ?? atNs);
    this.#partition[row] = (words[at + 5] as number) >>> 16;
    this.#position[row] = positionAt(words, at);
  }

  #row(producer: number, seq: number): number {
    if (seq >= (this.#layout.top[producer] as number)) return -1;
    return this.#rows.row((this.#layout.base[producer] as number) + (seq >>> 5), seq & 31);
  }
}
