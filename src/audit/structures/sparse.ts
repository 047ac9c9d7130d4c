/**
 * Many sets of integers below 2^48 in one structure: pages of 1,024 bits, found by one hash table. The last pages of
 * each set are remembered, because positions and sequences mostly grow by one. A page takes 128 bytes, whether it holds
 * one number or 1,024, so that positions that are no counters (times, ids) do not take too much either.
 */
import { type Arrays, heap } from '../../loops/arrays.ts';
import type { Settings } from '../../loops/loop.ts';

const pageBits = 1024;
const pageWords = 32;
/** Pages are allocated in blocks, which stay at their address: a set that grows copies no pages. */
const blockWords = 256 * pageWords;
const none: Int32Array = new Int32Array(0);
const noPages: Float64Array = new Float64Array(0);
const noAddresses: Uint32Array = new Uint32Array(0);

export class SparseBits {
  /** How often the arrays in `settings` were replaced by longer ones. */
  growths = 0;
  readonly #arrays: Arrays;
  #sets = none;
  #pages = noPages;
  #places = none;
  #used = 0;
  readonly #blocks: Int32Array[] = [];
  #lastPage = noPages;
  #lastPlace = none;
  /** The addresses of the last pages of each set, for the WebAssembly loop over receipts. */
  #lastAddress = noAddresses;

  constructor(arrays: Arrays = heap) {
    this.#arrays = arrays;
    this.#newTable(128);
    this.#growSets(256);
  }

  /** Settings for the WebAssembly loop over receipts. They are other ones each time that `growths` changes. */
  get settings(): Settings {
    return { lastPages: this.#lastPage, lastAddresses: this.#lastAddress };
  }

  /** False when the set had the value already. */
  add(set: number, value: number): boolean {
    const page = Math.floor(value / pageBits);
    const bit = value & (pageBits - 1);
    const recent = recentOf(set, page);
    const place = this.#lastPage[recent] === page ? (this.#lastPlace[recent] as number) : this.#open(set, page);
    const at = place + (bit >>> 5);
    const mask = 1 << (bit & 31);
    const block = this.#blockOf(at);
    const word = block[at % blockWords] as number;
    if ((word & mask) !== 0) return false;
    block[at % blockWords] = word | mask;
    return true;
  }

  has(set: number, value: number): boolean {
    const page = Math.floor(value / pageBits);
    const bit = value & (pageBits - 1);
    const slot = this.#slot(set, page);
    if (this.#sets[slot] !== set) return false;
    const at = (this.#places[slot] as number) + (bit >>> 5);
    return (((this.#blockOf(at)[at % blockWords] as number) >>> (bit & 31)) & 1) === 1;
  }

  /** Visits a set's values page by page; pages are in no particular order. */
  each(set: number, visit: (value: number) => void): void {
    for (let slot = 0; slot < this.#sets.length; slot += 1) {
      if (this.#sets[slot] !== set) continue;
      const first = (this.#pages[slot] as number) * pageBits;
      const place = this.#places[slot] as number;
      const block = this.#blockOf(place);
      const from = place % blockWords;
      for (let bit = 0; bit < pageBits; bit += 1) {
        if ((((block[from + (bit >>> 5)] as number) >>> (bit & 31)) & 1) === 1) visit(first + bit);
      }
    }
  }

  /** The memory that the pages and their table take, in bytes. */
  get bytes(): number {
    return this.#blocks.length * blockWords * 4 + this.#sets.length * 16;
  }

  #open(set: number, page: number): number {
    const recent = recentOf(set, page);
    if (recent >= this.#lastPage.length) this.#growSets(recent);
    let slot = this.#slot(set, page);
    if (this.#sets[slot] === -1) {
      if (this.#used * 2 >= this.#sets.length) {
        this.#growTable();
        slot = this.#slot(set, page);
      }
      this.#places[slot] = this.#newPage(); // before the slot is taken, because it may throw
      this.#sets[slot] = set;
      this.#pages[slot] = page;
    }
    const place = this.#places[slot] as number;
    this.#lastPage[recent] = page;
    this.#lastPlace[recent] = place;
    this.#lastAddress[recent] = this.#blockOf(place).byteOffset + (place % blockWords) * 4;
    return place;
  }

  #newPage(): number {
    const place = this.#used * pageWords;
    if (place % blockWords === 0) this.#blocks.push(this.#arrays.int32(blockWords));
    this.#used += 1;
    return place;
  }

  #blockOf(place: number): Int32Array {
    return this.#blocks[(place / blockWords) | 0] as Int32Array;
  }

  /** The slot of a page in the table, or the free slot for it. */
  #slot(set: number, page: number): number {
    const mask = this.#sets.length - 1;
    const high = Math.floor(page / 4294967296);
    let hash = Math.imul((page | 0) ^ Math.imul(set + 1, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b), 0x7feb352d);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    while (this.#sets[slot] !== -1 && (this.#sets[slot] !== set || this.#pages[slot] !== page))
      slot = (slot + 1) & mask;
    return slot;
  }

  #growTable(): void {
    const [sets, pages, places] = [this.#sets, this.#pages, this.#places];
    this.#newTable(sets.length * 2);
    for (let old = 0; old < sets.length; old += 1) {
      if (sets[old] === -1) continue;
      const slot = this.#slot(sets[old] as number, pages[old] as number);
      this.#sets[slot] = sets[old] as number;
      this.#pages[slot] = pages[old] as number;
      this.#places[slot] = places[old] as number;
    }
  }

  #newTable(size: number): void {
    this.#sets = new Int32Array(size).fill(-1);
    this.#pages = new Float64Array(size);
    this.#places = new Int32Array(size);
  }

  #growSets(recent: number): void {
    const size = Math.max(this.#lastPage.length * 2, recent + 1);
    const pages = this.#arrays.float64(size).fill(-1);
    pages.set(this.#lastPage);
    const places = this.#arrays.int32(size);
    places.set(this.#lastPlace);
    const addresses = this.#arrays.uint32(size);
    addresses.set(this.#lastAddress);
    this.#lastPage = pages;
    this.#lastPlace = places;
    this.#lastAddress = addresses;
    this.growths += 1;
  }
}

/**
 * Each set remembers its last even page and its last odd page: repeats often have positions on the page before the
 * last.
 */
function recentOf(set: number, page: number): number {
  return set * 2 + (page & 1);
}

/** Sets that are named by sparse numbers (producer × class, group × try × producer). */
export class NamedBits {
  readonly #bits = new SparseBits();
  readonly #numbers = new Map<number, number>();

  add(name: number, value: number): boolean {
    return this.#bits.add(this.set(name), value);
  }

  has(name: number, value: number): boolean {
    const set = this.#numbers.get(name);
    return set !== undefined && this.#bits.has(set, value);
  }

  /** The number of a name's set, as `addTo` takes it. */
  set(name: number): number {
    let set = this.#numbers.get(name);
    if (set === undefined) {
      set = this.#numbers.size;
      this.#numbers.set(name, set);
    }
    return set;
  }

  addTo(set: number, value: number): boolean {
    return this.#bits.add(set, value);
  }

  names(): IterableIterator<number> {
    return this.#numbers.keys();
  }

  each(name: number, visit: (value: number) => void): void {
    const set = this.#numbers.get(name);
    if (set !== undefined) this.#bits.each(set, visit);
  }
}
