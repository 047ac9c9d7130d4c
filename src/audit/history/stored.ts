/**
 * The pass over the independent reader's journal: what the broker's log holds, and which partitions were read to the
 * end.
 */
import { eventPass } from '../../journal/decode.ts';
import { deliveryFlags, kinds, type ReadDetail } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { positionAt, recordWords } from '../../journal/record.ts';
import { noGroup, notedClasses } from '../structures/notes.ts';
import { newPlane } from '../structures/planes.ts';
import { Copies, places } from './copies.ts';
import type { Sightings } from './sightings.ts';

const strange = deliveryFlags.foreign | deliveryFlags.unidentified;
const storedTwice = notedClasses.indexOf('duplicate-stored');

export interface PartitionRead {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly complete: boolean;
  readonly atNs: number;
  readonly reason?: string;
  /** What its owner calls it, where that is not its number. */
  readonly name?: string;
}

export class StoredLog {
  readonly stored: Int32Array;
  /** The last complete read of each partition, or its last read if none was complete. */
  readonly reads = new Map<number, PartitionRead>();
  records = 0;
  readonly #sightings: Sightings;
  readonly #copies: Copies;
  #details = eventPass(() => {});
  /** Those of the present journal. */
  #found: PartitionRead[] = [];

  constructor(sightings: Sightings, compare: boolean) {
    this.#sightings = sightings;
    this.stored = newPlane(sightings.layout);
    this.#copies = new Copies(compare);
  }

  /**
   * A pass for one journal; call `finish` after it.
   * @returns `finish`: its argument says what is missing from the journal, so that no partition was read completely by it.
   */
  open(): { pass: Pass; finish: (missing?: string) => void } {
    this.#found = [];
    this.#details = eventPass((event) => {
      if (event.kind === 'read') this.#read(event.detail, event.atNs);
    });
    const finish = (missing?: string): void => {
      this.#details.finish();
      for (const read of this.#found)
        this.#keep(missing === undefined ? read : { ...read, complete: false, reason: missing });
    };
    return { pass: this.#pass, finish };
  }

  readonly #pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      const kind = (words[at] as number) & 0xff;
      if (kind === kinds.stored) this.#take(words, at);
      else this.#details.pass(words.subarray(at, at + recordWords), recordWords);
    }
  };

  #take(words: Int32Array, at: number): void {
    this.records += 1;
    const word0 = words[at] as number;
    const seq = (words[at + 1] as number) >>> 0;
    const producer = word0 >>> 16;
    const flags = (word0 >>> 8) & 0xff;
    const { base, top } = this.#sightings.layout;
    if ((flags & strange) !== 0 || seq >= (top[producer] as number)) {
      this.#sightings.strange(words, at, noGroup);
      return;
    }
    const epoch = ((words[at + 7] as number) >>> 16) & 0xff;
    const word5 = words[at + 5] as number;
    const position = positionAt(words, at);
    const place = this.#copies.place(word5 >>> 16, epoch, position);
    const word = (base[producer] as number) + (seq >>> 5);
    const bit = 1 << (seq & 31);
    const before = this.stored[word] as number;
    if ((before & bit) === 0) {
      this.stored[word] = before | bit;
      if (place !== places.fresh) this.#copies.firstVague(producer, seq);
    } else if (this.#copies.repeat(producer, seq, place, false) === 'stored') {
      this.#sightings.note(storedTwice, false, noGroup, words, at);
    }
    if (flags !== 0) this.#sightings.remark(flags, noGroup, words, at);
  }

  /** Takes a message whose identity is damaged, and which its ack names. */
  takeDamaged(record: Int32Array): void {
    const word = (this.#sightings.layout.base[(record[0] as number) >>> 16] as number) + ((record[1] as number) >>> 5);
    this.stored[word] = (this.stored[word] as number) | (1 << ((record[1] as number) & 31));
  }

  #read(detail: Partial<ReadDetail>, atNs: number): void {
    const { partition, from, to, complete, reason, name } = detail;
    if (typeof partition !== 'number' || typeof from !== 'number' || typeof to !== 'number') return;
    this.#found.push({
      partition,
      from,
      to,
      complete: complete === true,
      atNs,
      ...(reason === undefined ? {} : { reason }),
      ...(name === undefined ? {} : { name }),
    });
  }

  /** An incomplete read does not undo a complete one. */
  #keep(read: PartitionRead): void {
    if (this.reads.get(read.partition)?.complete === true && !read.complete) return;
    this.reads.set(read.partition, read);
  }
}
