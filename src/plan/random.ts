/**
 * The only randomness of a run: streams of numbers that follow from the seed and a name. Streams of different names are
 * independent, so that one more choice in one place changes no other.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface RandomStream {
  /** A whole number from 0 to n - 1. */
  int(n: number): number;
  /** A number from 0, below 1. */
  float(): number;
  /** A whole number from a to b, both included. */
  range(a: number, b: number): number;
  /** One of the items. Throws if there are none. */
  pick<T>(items: readonly T[]): T;
  /** A copy in random order. */
  shuffle<T>(items: readonly T[]): T[];
}

/** The stream of that name; `seed` is an unsigned 32-bit integer. */
export function stream(seed: number, name: string): RandomStream {
  const generator = xoroshiro128plusFromState(stateOf(seed, name));
  const range = (a: number, b: number): number => uniformInt(generator, a, b);
  return {
    int: (n) => range(0, n - 1),
    float: () => uniformFloat64(generator),
    range,
    pick(items) {
      if (items.length === 0) throw new Error(`nothing to pick from in stream ${name}`);
      return items[range(0, items.length - 1)] as (typeof items)[number];
    },
    shuffle(items) {
      const left = [...items];
      const shuffled: typeof left = [];
      while (left.length > 0) shuffled.push(...left.splice(range(0, left.length - 1), 1));
      return shuffled;
    },
  };
}

/** A number from 0, below 1, that follows from the seed, a name and some whole numbers: whoever asks gets the same. */
export function drawn(seed: number, name: string, ...numbers: readonly number[]): number {
  let hash = stateOf(seed, name)[1] as number;
  for (const number of numbers) hash = mix(hash ^ Math.imul(number | 0, 0x9e3779b9));
  return (hash >>> 0) / 4294967296;
}

/** Four words that depend on every bit of seed and name. Never all zero: the generator would stay there. */
function stateOf(seed: number, name: string): number[] {
  return [1, 2, 3, 4].map((word) => {
    let hash = mix(seed ^ Math.imul(word, 0x9e3779b9));
    for (const byte of new TextEncoder().encode(name)) hash = mix(hash ^ byte);
    return word === 1 ? hash | 1 : hash | 0;
  });
}

/** The finalizer of MurmurHash3: each bit of the input changes half of the output. */
function mix(word: number): number {
  let hash = word + 0x6d2b79f5;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
