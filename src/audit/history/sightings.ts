/** What the passes over deliveries note in common: a message is one finding of a class, whichever pass saw it. */
import { deliveryFlags } from '../../journal/event.ts';
import { positionAt, timeAt } from '../../journal/record.ts';
import { type Notes, notedClasses } from '../structures/notes.ts';
import { countBits, type Layout, loopPlane, newPlane } from '../structures/planes.ts';
import type { Strangers } from './strangers.ts';
import type { Unidentified } from './unidentified.ts';

const corrupt = notedClasses.indexOf('corrupt');
const misrouted = notedClasses.indexOf('misrouted');
/** The classes that the WebAssembly loop over receipts notes. */
const byLoop = [notedClasses.indexOf('duplicate-delivered'), notedClasses.indexOf('reordered')];

export class Sightings {
  readonly layout: Layout;
  readonly notes: Notes;
  readonly strangers: Strangers;
  readonly unidentified: Unidentified;
  /** By the index of the class in `notedClasses` and by group: a plane of the noted messages. */
  readonly #noted: Int32Array[][] = notedClasses.map(() => []);

  constructor(layout: Layout, notes: Notes, strangers: Strangers, unidentified: Unidentified) {
    this.layout = layout;
    this.notes = notes;
    this.strangers = strangers;
    this.unidentified = unidentified;
  }

  /** Notes the record at `at` unless its message, or its message in this group, was noted before. */
  note(kind: number, perGroup: boolean, group: number, words: Int32Array, at: number): void {
    const word0 = words[at] as number;
    const producer = word0 >>> 16;
    const seq = (words[at + 1] as number) >>> 0;
    const plane = this.notedOf(kind, perGroup ? group : 0);
    const word = (this.layout.base[producer] as number) + (seq >>> 5);
    const before = plane[word] as number;
    const bit = 1 << (seq & 31);
    if ((before & bit) !== 0) return;
    plane[word] = before | bit;
    this.notes.add(kind, group, words, at);
  }

  /** The plane of the messages that were noted with a class. Classes that are not kept per group use group 0. */
  notedOf(kind: number, group: number): Int32Array {
    const planes = this.#noted[kind] as Int32Array[];
    planes[group] ??= byLoop.includes(kind) ? loopPlane(this.layout) : newPlane(this.layout);
    return planes[group];
  }

  /** The number of messages noted with a class, each counted once however many groups saw it. */
  messagesOf(kind: number): number {
    const planes = Object.values(this.#noted[kind] as Int32Array[]);
    let count = 0;
    for (let word = 0; planes.length > 0 && word < this.layout.words; word += 1) {
      let any = 0;
      for (const plane of planes) any |= plane[word] as number;
      if (any !== 0) count += countBits(any);
    }
    return count;
  }

  strange(words: Int32Array, at: number, group: number): void {
    const word0 = words[at] as number;
    const flags = (word0 >>> 8) & 0xff;
    if ((flags & deliveryFlags.unidentified) !== 0) return this.unidentified.add(words, at, group);
    const seq = (words[at + 1] as number) >>> 0;
    const partition = (words[at + 5] as number) >>> 16;
    this.strangers.add(word0 >>> 16, seq, flags, group, partition, positionAt(words, at), timeAt(words, at));
  }

  /** Notes a message of which only an ack says which it is. */
  damaged(group: number, record: Int32Array): void {
    this.note(corrupt, false, group, record, 0);
  }

  remark(flags: number, group: number, words: Int32Array, at: number): void {
    if ((flags & deliveryFlags.corrupt) !== 0) this.note(corrupt, false, group, words, at);
    if ((flags & deliveryFlags.misrouted) !== 0) this.note(misrouted, false, group, words, at);
  }
}
