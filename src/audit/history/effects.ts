/**
 * What the store of the effects holds at the end, from the journal that the runner wrote of it, beside what consumers
 * said while they processed. The store is the truth: an effect counts as often as it is there.
 */
import { effectOutcomes, holdings, kinds } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { recordWords } from '../../journal/record.ts';
import { type Layout, newPlane } from '../structures/planes.ts';

/** Effects of no message, and of how many it is remembered how often they were applied. */
const mostRows = 100_000;
const two32 = 4294967296;

/** Under a key that messages of one producer share: the one that stands. */
export interface Latest {
  readonly group: number;
  readonly producer: number;
  readonly seq: number;
  /** Messages share a key when their sequences leave the same rest. */
  readonly keys: number;
}

export class Effects {
  /** One plane a group: the store holds an effect of the message. */
  readonly held: Int32Array[];
  /** One plane a group: it holds it more than once. */
  readonly again: Int32Array[];
  readonly latest: Latest[] = [];
  /** Effects of messages that no producer's journal attempts, and things that are of no message at all. */
  readonly strays: { readonly group: number; readonly producer: number; readonly seq: number }[] = [];
  strange = 0;
  /** How many strays there are of each producer. */
  readonly strayCounts = new Map<number, number>();
  /** What consumers recorded. */
  applied = 0;
  absorbed = 0;
  failed = 0;
  readonly #layout: Layout;
  readonly #times: Map<number, number>[];
  /** Of groups whose messages share keys: the store said that it applied the message. */
  readonly #applied: (Int32Array | undefined)[];

  constructor(layout: Layout, groups: number) {
    this.#layout = layout;
    this.held = Array.from({ length: groups }, () => newPlane(layout));
    this.again = Array.from({ length: groups }, () => newPlane(layout));
    this.#times = Array.from({ length: groups }, () => new Map());
    this.#applied = Array.from({ length: groups });
  }

  /** Over the journal of the store; before those of the consumers. */
  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      if (((words[at] as number) & 0xff) === kinds.held) this.#hold(words, at);
    }
  };

  /** Keys are shared, so that the store holds the latest of each only. */
  sharesKeys(group: number): boolean {
    return this.#applied[group] !== undefined;
  }

  /** How often the store holds it, where that is more than once. */
  times(group: number, producer: number, seq: number): number | undefined {
    return this.#times[group]?.get(producer * two32 + seq);
  }

  /** A record of a consumer: an effect, or processing that failed. */
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
    const plane = this.#applied[((words[at + 7] as number) >>> 8) & 0xff];
    const seq = (words[at + 1] as number) >>> 0;
    if (plane !== undefined && seq < (this.#layout.top[word0 >>> 16] as number)) this.#mark(plane, word0 >>> 16, seq);
  }

  /** The newest message of the same key that the store said it applied; undefined when none is newer. */
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

  #mark(plane: Int32Array, producer: number, seq: number): void {
    const word = (this.#layout.base[producer] as number) + (seq >>> 5);
    plane[word] = (plane[word] as number) | (1 << (seq & 31));
  }
}
