/**
 * Bit planes: a plane has one bit for each message of all producers, so that 32 messages are judged at once as a word.
 * The messages of a producer begin with a new word. The size is known before the first pass, because the tail of each
 * producer's journal says how many messages it attempted. So planes never grow, and a wrong sequence cannot make them
 * grow.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';

export interface Layout {
  /** By the number of the producer incarnation: its first word in every plane; −1 if it has no journal. */
  readonly base: Int32Array;
  /** By the same number: the first sequence that it never attempted, by the tail of its journal; 0 if it has none. */
  readonly top: Float64Array;
  readonly words: number;
  /** Allocates the planes that WebAssembly loops use. */
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

/** A plane that WebAssembly loops can use. */
export function loopPlane(layout: Layout): Int32Array {
  return layout.arrays.int32(layout.words);
}

/** The number of bits that are set in a word. */
export function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The bits of the sequences below `top` in word `word` of a producer. */
export function validBits(top: number, word: number): number {
  const count = top - word * 32;
  if (count >= 32) return -1;
  return count <= 0 ? 0 : (1 << count) - 1;
}

export function eachBit(word: number, visit: (bit: number) => void): void {
  for (let rest = word; rest !== 0; rest &= rest - 1) visit(31 - Math.clz32(rest & -rest));
}
