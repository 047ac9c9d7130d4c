/**
 * Bit planes: one bit a message, flat over all producers, so that whole words of 32 messages are judged at once.
 * A producer's messages start at a word of their own. Sizes are known before the first pass (the tail of each
 * producer's journal says how many messages it attempted), so that nothing grows and no stray sequence can make it.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';

export interface Layout {
  /** First word of each producer; −1 for a producer without a journal. Index: incarnation number. */
  readonly base: Int32Array;
  /** First sequence that the producer never attempted, as far as its journal's tail says; 0 for unknown producers. */
  readonly top: Float64Array;
  readonly words: number;
  /** Where the planes are kept that a loop over records looks at. */
  readonly arrays: Arrays;
}

const producerNumbers = 65536;

export function layoutOf(tops: ReadonlyMap<number, number>, arrays: Arrays = heap): Layout {
  const base = arrays.int32(producerNumbers).fill(-1);
  const top = arrays.float64(producerNumbers);
  let words = 0;
  for (const [producer, first] of tops) {
    base[producer] = words;
    top[producer] = first;
    words += Math.ceil(first / 32);
  }
  return { base, top, words, arrays };
}

export function newPlane(layout: Layout): Int32Array {
  return new Int32Array(layout.words);
}

/** One that a loop over records looks at. */
export function loopPlane(layout: Layout): Int32Array {
  return layout.arrays.int32(layout.words);
}

/** Number of bits set in a word. */
export function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Bits of the messages below `top` in a producer's word number `word`. */
export function validBits(top: number, word: number): number {
  const count = top - word * 32;
  if (count >= 32) return -1;
  return count <= 0 ? 0 : (1 << count) - 1;
}

export function eachBit(word: number, visit: (bit: number) => void): void {
  for (let rest = word; rest !== 0; rest &= rest - 1) visit(31 - Math.clz32(rest & -rest));
}
