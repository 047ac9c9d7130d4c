/**
 * Numbers the marked messages in a range of words: the row of a marked message is the number of marked ones before it.
 */
import { countBits } from './planes.ts';

export class Ranked {
  /** The number of rows. */
  readonly count: number;
  readonly #marked: Int32Array;
  readonly #fromWord: number;
  readonly #before: Int32Array;

  /** `marked` has a bit for each message. Rows are for the marked messages in words [fromWord, toWord). */
  constructor(marked: Int32Array, fromWord: number, toWord: number) {
    this.#marked = marked;
    this.#fromWord = fromWord;
    this.#before = new Int32Array(toWord - fromWord);
    let count = 0;
    for (let word = fromWord; word < toWord; word += 1) {
      this.#before[word - fromWord] = count;
      count += countBits(marked[word] as number);
    }
    this.count = count;
  }

  /** Whether a message has a row. */
  has(word: number, bit: number): boolean {
    const at = word - this.#fromWord;
    return at >= 0 && at < this.#before.length && (((this.#marked[word] as number) >>> bit) & 1) === 1;
  }

  /** The row of a message; -1 if it has none. */
  row(word: number, bit: number): number {
    if (!this.has(word, bit)) return -1;
    const before = this.#before[word - this.#fromWord] as number;
    return before + countBits((this.#marked[word] as number) & ((1 << bit) - 1));
  }
}
