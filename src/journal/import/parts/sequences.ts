/**
 * The sequences that producers gave their messages, as sets of bits with counts, so that each has a rank: journals want
 * sequences without holes, and the order of the ranks is that of the sequences.
 */
const pageBits = 1 << 16;
const wordsPerPage = pageBits / 32;
const two32 = 2 ** 32;
/** Of 12 KiB each. */
const mostPages = 4096;

interface Page {
  readonly bits: Uint32Array;
  /** How many bits are set in the words before each. */
  readonly before: Uint16Array;
  /** How many sequences the producers and pages before hold. */
  start: number;
}

export class Sequences {
  /** Sequences lie too far apart to be kept: nothing is known of their ranks. */
  sparse = false;
  readonly #pages = new Map<number, Page>();
  /** By producer: how many sequences those before it have. */
  readonly #bases: number[] = [];
  #count = 0;
  /** A bit for each rank among all that a message has. */
  #claimed = new Uint32Array(0);

  get some(): boolean {
    return this.#pages.size > 0;
  }

  /** First of all that were sent. */
  add(producer: number, sequence: number): void {
    const page = this.#page(producer, sequence);
    if (page === undefined) return;
    const at = sequence % pageBits;
    page.bits[at >>> 5] = (page.bits[at >>> 5] as number) | (1 << (at & 31));
  }

  /** Then counts them. `producers` is how many there are. */
  seal(producers: number): void {
    let next = 0;
    for (const key of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const page = this.#pages.get(key) as Page;
      while (this.#bases.length <= Math.floor(key / two32)) this.#bases.push(next);
      page.start = next;
      let inside = 0;
      for (let word = 0; word < wordsPerPage; word += 1) {
        page.before[word] = inside;
        inside += bitsOf(page.bits[word] as number);
      }
      next += inside;
    }
    while (this.#bases.length <= producers) this.#bases.push(next);
    this.#count = next;
    this.forget();
  }

  /** Lets the claims go, to begin once more. */
  forget(): void {
    this.#claimed = new Uint32Array(Math.ceil(this.#count / 32));
  }

  /** The rank of a sequence among all producers'. */
  rank(producer: number, sequence: number): number {
    const page = this.#page(producer, sequence) as Page;
    const at = sequence % pageBits;
    const word = at >>> 5;
    const below = (page.bits[word] as number) & ((1 << (at & 31)) - 1);
    return page.start + (page.before[word] as number) + bitsOf(below);
  }

  /** The rank of a producer's first sequence; of the producer after the last, how many there are. */
  base(producer: number): number {
    return this.#bases[producer] ?? this.#count;
  }

  /** False if another message has claimed the rank. */
  claim(rank: number): boolean {
    const bit = 1 << (rank & 31);
    const word = this.#claimed[rank >>> 5] as number;
    this.#claimed[rank >>> 5] = word | bit;
    return (word & bit) === 0;
  }

  #page(producer: number, sequence: number): Page | undefined {
    const key = producer * two32 + Math.floor(sequence / pageBits);
    let page = this.#pages.get(key);
    if (page === undefined && this.#pages.size < mostPages) {
      page = { bits: new Uint32Array(wordsPerPage), before: new Uint16Array(wordsPerPage), start: 0 };
      this.#pages.set(key, page);
    } else if (page === undefined) this.sparse = true;
    return page;
  }
}

function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
