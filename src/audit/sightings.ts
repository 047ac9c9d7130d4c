/** What the passes over deliveries share: one message is one finding of a class, whoever saw it. */
import { deliveryFlags } from '../journal/event.ts';
import { positionAt, timeAt } from '../journal/record.ts';
import { type Notes, notedClasses } from './notes.ts';
import type { Layout } from './planes.ts';
import { NamedBits } from './sparse.ts';
import type { Strangers, Unidentified } from './strangers.ts';

const corrupt = notedClasses.indexOf('corrupt');
const misrouted = notedClasses.indexOf('misrouted');

export class Sightings {
  readonly layout: Layout;
  readonly notes: Notes;
  readonly strangers: Strangers;
  readonly unidentified: Unidentified;
  /** Messages of each noted class, once each; index as in `notedClasses`. */
  readonly messages = new Float64Array(notedClasses.length);
  readonly #once = new NamedBits();
  readonly #oncePerGroup = new NamedBits();

  constructor(layout: Layout, notes: Notes, strangers: Strangers, unidentified: Unidentified) {
    this.layout = layout;
    this.notes = notes;
    this.strangers = strangers;
    this.unidentified = unidentified;
  }

  /** One finding of a class per message, or per message and group. */
  note(kind: number, perGroup: boolean, group: number, words: Int32Array, at: number): void {
    const word0 = words[at] as number;
    const producer = word0 >>> 16;
    const seq = (words[at + 1] as number) >>> 0;
    const first = this.#once.add(kind * 65536 + producer, seq);
    if (first) this.messages[kind] = (this.messages[kind] as number) + 1;
    if (perGroup ? !this.#oncePerGroup.add((kind * 256 + group) * 65536 + producer, seq) : !first) return;
    const partition = (words[at + 5] as number) >>> 16;
    const flags = (word0 >>> 8) & 0xff;
    this.notes.add(kind, group, producer, seq, partition, positionAt(words, at), timeAt(words, at), flags);
  }

  strange(words: Int32Array, at: number, group: number): void {
    const word0 = words[at] as number;
    const flags = (word0 >>> 8) & 0xff;
    const partition = (words[at + 5] as number) >>> 16;
    const position = positionAt(words, at);
    if ((flags & deliveryFlags.unidentified) !== 0) {
      const epoch = ((words[at + 7] as number) >>> 16) & 0xff;
      this.unidentified.add(group, partition, epoch, position, timeAt(words, at));
    } else {
      const seq = (words[at + 1] as number) >>> 0;
      this.strangers.add(word0 >>> 16, seq, flags, group, partition, position, timeAt(words, at));
    }
  }

  remark(flags: number, group: number, words: Int32Array, at: number): void {
    if ((flags & deliveryFlags.corrupt) !== 0) this.note(corrupt, false, group, words, at);
    if ((flags & deliveryFlags.misrouted) !== 0) this.note(misrouted, false, group, words, at);
  }
}
