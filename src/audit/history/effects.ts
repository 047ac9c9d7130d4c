/**
 * What the store of effects holds at the end, from the journal that the runner wrote of it, and what consumers recorded
 * while they processed. The store decides: an effect counts as often as the store holds it.
 */
import { effectOutcomes, holdings, kinds } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { recordWords } from '../../journal/record.ts';
import { type Layout, newPlane } from '../structures/planes.ts';

/** The most effects without a known message that are listed, and the most messages whose number of effects is kept. */
const mostRows = 100_000;
const two32 = 4294967296;

/** The message whose effect the store holds under a key that several messages of one producer share. */
export interface Latest {
  readonly group: number;
  readonly producer: number;
  readonly seq: number;
  /** The number of keys: two messages share one if their sequences modulo this number are equal. */
  readonly keys: number;
}

export class Effects {
  /** A plane for each group: the store holds an effect of the message. */
  readonly held: Int32Array[];
  /** A plane for each group: the store holds the effect more than once. */
  readonly again: Int32Array[];
  readonly latest: Latest[] = [];
  /** Effects of messages that no producer's journal attempts. */
  readonly strays: { readonly group: number; readonly producer: number; readonly seq: number }[] = [];
  /** Effects that belong to no message at all. */
  strange = 0;
  /** The number of strays of each producer. */
  readonly strayCounts = new Map<number, number>();
  /** How often consumers recorded an applied effect, an absorbed one, and processing that failed. */
  applied = 0;
  absorbed = 0;
  failed = 0;
  readonly #layout: Layout;
  readonly #times: Map<number, number>[];
  /** The consumers' records of effects stand for a store. */
  readonly #reported: boolean;
  /** For groups whose messages share keys: consumers recorded that the store applied the message. */
  readonly #applied: (Int32Array | undefined)[];

  constructor(layout: Layout, groups: number, reported: boolean) {
    this.#reported = reported;
    this.#layout = layout;
    this.held = Array.from({ length: groups }, () => newPlane(layout));
    this.again = Array.from({ length: groups }, () => newPlane(layout));
    this.#times = Array.from({ length: groups }, () => new Map());
    this.#applied = Array.from({ length: groups });
  }

  /** The pass over the store's journal. It comes before the passes over the consumers' journals. */
  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      if (((words[at] as number) & 0xff) === kinds.held) this.#hold(words, at);
    }
  };

  /** Whether messages of the group share keys, so that the store holds only the latest effect of each key. */
  sharesKeys(group: number): boolean {
    return this.#applied[group] !== undefined;
  }

  /** How often the store holds the effect of a message; undefined if it is not more than once. */
  times(group: number, producer: number, seq: number): number | undefined {
    return this.#times[group]?.get(producer * two32 + seq);
  }

  /** Takes a consumer's record of an effect, or of processing that failed. */
  note(kind: number, words: Int32Array, at: number): void {
    if (kind === kinds.processingFailed) {
      this.failed += 1;
      return;
    }
    const word0 = words[at] as number;
    if (((word0 >>> 8) & 0xff) !== effectOutcomes.applied) {
      this.absorbed += 1;
      return;
    }
    this.applied += 1;
    const group = ((words[at + 7] as number) >>> 8) & 0xff;
    const plane = this.#applied[group];
    const seq = (words[at + 1] as number) >>> 0;
    if (this.#reported) this.#report(group, word0 >>> 16, seq);
    if (plane !== undefined && seq < (this.#layout.top[word0 >>> 16] as number)) this.#mark(plane, word0 >>> 16, seq);
  }

  /** The newest message with the same key that the store applied; undefined if none is newer. */
  newer({ group, producer, seq, keys }: Latest): number | undefined {
    const plane = this.#applied[group];
    const top = this.#layout.top[producer] as number;
    if (plane === undefined || keys < 1 || seq >= top) return undefined;
    const base = this.#layout.base[producer] as number;
    for (let later = seq + Math.floor((top - 1 - seq) / keys) * keys; later > seq; later -= keys) {
      if ((((plane[base + (later >>> 5)] as number) >>> (later & 31)) & 1) === 1) return later;
    }
    return undefined;
  }

  /** An effect that a consumer reports counts as one that the store holds. */
  #report(group: number, producer: number, seq: number): void {
    const held = this.held[group];
    const again = this.again[group];
    if (held === undefined || again === undefined || seq >= (this.#layout.top[producer] as number)) return;
    if (!this.#mark(held, producer, seq)) return;
    this.#mark(again, producer, seq);
    const times = this.#times[group];
    const message = producer * two32 + seq;
    if (times !== undefined && (times.size < mostRows || times.has(message)))
      times.set(message, (times.get(message) ?? 1) + 1);
  }

  #hold(words: Int32Array, at: number): void {
    const word0 = words[at] as number;
    const group = ((words[at + 7] as number) >>> 8) & 0xff;
    const holding = (word0 >>> 8) & 0xff;
    const producer = word0 >>> 16;
    const seq = (words[at + 1] as number) >>> 0;
    const count = (words[at + 6] as number) >>> 0;
    const held = this.held[group];
    const again = this.again[group];
    if (holding === holdings.strange || held === undefined || again === undefined) {
      this.strange += 1;
      return;
    }
    if (holding === holdings.latest) this.#applied[group] ??= newPlane(this.#layout);
    if (seq >= (this.#layout.top[producer] as number)) {
      this.strayCounts.set(producer, (this.strayCounts.get(producer) ?? 0) + 1);
      if (this.strays.length < mostRows) this.strays.push({ group, producer, seq });
      return;
    }
    this.#mark(held, producer, seq);
    if (holding === holdings.latest) this.latest.push({ group, producer, seq, keys: count });
    else if (count > 1) {
      this.#mark(again, producer, seq);
      const times = this.#times[group];
      if (times !== undefined && times.size < mostRows) times.set(producer * two32 + seq, count);
    }
  }

  /** True if it was marked before. */
  #mark(plane: Int32Array, producer: number, seq: number): boolean {
    const word = (this.#layout.base[producer] as number) + (seq >>> 5);
    const before = plane[word] as number;
    plane[word] = before | (1 << (seq & 31));
    return plane[word] === before;
  }
}
