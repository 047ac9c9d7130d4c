/**
 * The pass over the consumers' journals. It keeps a plane for each group of the messages that it received, and notes
 * repeats, messages out of order, latency and unknown messages. It runs before the pass over the producers' journals,
 * which judges each ack by it.
 */

import { deliveryFlags, kinds, none16, noPosition } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { positionAt, recordSizeBytes, recordWords, timeAt } from '../../journal/record.ts';
import { apply, type Preset, unsignedIn } from '../../loops/loop.ts';
import type { Loops } from '../../loops/loops.ts';
import { Instants } from '../evidence/traffic.ts';
import { Histogram } from '../structures/histogram.ts';
import { notedClasses } from '../structures/notes.ts';
import { loopPlane, newPlane } from '../structures/planes.ts';
import { NamedBits } from '../structures/sparse.ts';
import { TimeBins } from '../structures/time-bins.ts';
import type { StoreWitness } from '../windows/store-sightings.ts';
import { Copies, places } from './copies.ts';
import type { Effects } from './effects.ts';
import { Order } from './order.ts';
import type { Redeliveries } from './redeliveries.ts';
import type { Sightings } from './sightings.ts';

const stranger = deliveryFlags.foreign | deliveryFlags.unidentified;
const remarkable = deliveryFlags.corrupt | deliveryFlags.misrouted;
const noted = (name: (typeof notedClasses)[number]): number => notedClasses.indexOf(name);
const stored = noted('duplicate-stored');
const delivered = noted('duplicate-delivered');
const undecided = noted('duplicate-undecided');
const reordered = noted('reordered');

/** Counters of a bin of time: all receipts, and those of them that repeat an earlier one of their group. */
export const receiptCounters = { received: 0, extra: 1 } as const;
const counters = Object.keys(receiptCounters).length;

export interface ReceiptSettings {
  readonly groups: number;
  readonly producers: readonly number[];
  /** Positions compare. */
  readonly compare: boolean;
  /** When the producers were last heard of, by which bins of time are as wide from the start as they will have to be. */
  readonly lastNs: number;
}

export class Receipts {
  /**
   * A plane for each group: the message was received, or was found in the group's dead letter topic. That a consumer
   * recorded that it moved a message there does not count.
   */
  readonly delivered: Int32Array[];
  /** By group: what it received with a damaged identity only. Sparse: most groups have no such plane. */
  readonly damaged: Int32Array[] = [];
  readonly latency: Histogram;
  readonly times: Instants;
  readonly bins: TimeBins;
  deliveries = 0;
  deadLettered = 0;
  /** Repeated deliveries by kind of repeat, and how many of them the broker flagged as redelivered. */
  readonly repeats = { stored: 0, delivered: 0, undecided: 0, flagged: 0 };
  /** Receipts by groups that no header names: their journal cannot be trusted. */
  strangeGroups = 0;
  /** Messages that came after a later one because a retry of their producer was delivered. */
  reorderedRetries = 0;
  /** The current journal holds auto-acknowledged receipts. */
  weak = false;
  readonly #loops: Loops;
  readonly #sightings: Sightings;
  readonly #base: Int32Array;
  readonly #top: Float64Array;
  readonly #copies: Copies[];
  readonly #order: Order;
  readonly #retried = new NamedBits();
  /** Is given the journal's records that are no receipts, for those about outages of stores. */
  #witness: StoreWitness | undefined;
  readonly #effects: Effects;
  readonly #redeliveries: Redeliveries;

  /** By group: the settings of the loop, valid until the arrays of the group's `Copies` grow again. */
  readonly #presets: { readonly growths: number; readonly settings: Preset }[] = [];
  /** The values that the loop was last given: the group, and the time below which `Instants` has buckets. */
  #loopGroup = -1;
  #loopEndNs = Number.NaN;
  /** Settings of the loop: the address of the next note, the end of the room for notes, and its counts of repeats. */
  readonly #loopNote: { value: number };
  readonly #loopRoom: { value: number };
  readonly #loopRepeats: { readonly value: number };
  readonly #loopFlagged: { readonly value: number };

  constructor(
    loops: Loops,
    sightings: Sightings,
    effects: Effects,
    redeliveries: Redeliveries,
    { groups, producers, compare, lastNs }: ReceiptSettings,
  ) {
    this.#loops = loops;
    this.latency = new Histogram(loops);
    this.times = new Instants(loops);
    this.bins = new TimeBins(counters, true, this.times.endNs, loops, lastNs);
    this.#redeliveries = redeliveries;
    this.#sightings = sightings;
    this.#effects = effects;
    this.#base = sightings.layout.base;
    this.#top = sightings.layout.top;
    this.delivered = Array.from({ length: groups }, () => loopPlane(sightings.layout));
    this.#copies = Array.from({ length: groups }, () => new Copies(compare, loops));
    this.#order = new Order(producers, loops);
    const { base: bases, top: tops } = sightings.layout;
    const loop = loops.receipts;
    loop.set({
      bases,
      tops,
      latency: this.latency.counts,
      againKind: delivered,
      behindKind: reordered,
      ...this.#order.settings,
    });
    this.#loopNote = loop.setting('noteAt');
    this.#loopRoom = loop.setting('noteEnd');
    this.#loopRepeats = loop.setting('repeats');
    this.#loopFlagged = loop.setting('flagged');
  }

  /** Begins the next journal. */
  begin(witness: StoreWitness): void {
    this.#witness = witness;
  }

  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      at = this.#usual(words, at, endWord);
      if (at >= endWord) break;
      if (((words[at] as number) & 0xff) === kinds.received) this.#received(words, at);
      else this.#other((words[at] as number) & 0xff, words, at);
    }
    this.#witness?.endOfChunk(words, endWord);
  };

  /** Takes a delivery whose identity is damaged, of a message that its ack names. Nobody could process it. */
  takeDamaged(group: number, record: Int32Array): void {
    const plane = this.delivered[group];
    if (plane === undefined) return;
    const word = (this.#base[(record[0] as number) >>> 16] as number) + ((record[1] as number) >>> 5);
    const bit = 1 << ((record[1] as number) & 31);
    if (((plane[word] as number) & bit) !== 0) return;
    plane[word] = (plane[word] as number) | bit;
    this.damaged[group] ??= newPlane(this.#sightings.layout);
    const damaged = this.damaged[group];
    damaged[word] = (damaged[word] as number) | bit;
  }

  endOfJournal(): void {
    this.#witness?.finish();
    this.#order.endOfJournal();
    this.weak = false;
  }

  /**
   * Call it once every consumer's journal was read. From then on a message in the dead letter topic counts as
   * delivered.
   */
  finish(): void {
    this.repeats.delivered += unsignedIn(this.#loopRepeats);
    this.repeats.flagged += unsignedIn(this.#loopFlagged);
    this.#redeliveries.finish(this.delivered);
  }

  /**
   * Lets the WebAssembly loop take the usual receipts of a group. Returns the word of the first record that it left.
   */
  #usual(words: Int32Array, from: number, endWord: number): number {
    if (words !== this.#loops.chunk) throw new Error('records are to be in the chunk of the loops');
    const group = ((words[from + 7] as number) >>> 8) & 0xff;
    const plane = this.delivered[group];
    const copies = this.#copies[group];
    if (plane === undefined || copies === undefined) return from;
    const loop = this.#loops.receipts;
    const preset = this.#presets[group];
    if (preset === undefined || preset.growths !== copies.growths) this.#setGroup(group, plane, copies);
    else if (this.#loopGroup !== group) apply(preset.settings);
    this.#loopGroup = group;
    if (this.#loopEndNs !== this.times.endNs) {
      this.bins.cover(this.times.endNs);
      loop.set({ ...this.times.settings, ...this.bins.settings });
      this.#loopEndNs = this.times.endNs;
    }
    const { notes } = this.#sightings;
    const [noteAt, noteEnd] = notes.room;
    this.#loopNote.value = noteAt;
    this.#loopRoom.value = noteEnd;
    const at = loop.run(from, endWord);
    notes.count += (unsignedIn(this.#loopNote) - noteAt) / recordSizeBytes;
    this.deliveries += (at - from) / recordWords;
    return at;
  }

  #setGroup(group: number, plane: Int32Array, copies: Copies): void {
    const noted = (kind: number): Int32Array => this.#sightings.notedOf(kind, group);
    const settings = this.#loops.receipts.preset({
      ...{ group, deliveredBits: plane },
      ...copies.settings,
      // without comparable positions the loop writes no notes
      ...(copies.compare ? { againBits: noted(delivered), behindBits: noted(reordered) } : {}),
    });
    apply(settings);
    this.#presets[group] = { growths: copies.growths, settings };
  }

  #received(words: Int32Array, at: number): void {
    this.deliveries += 1;
    const atNs = timeAt(words, at);
    this.times.reach(atNs);
    this.times.mark(atNs);
    this.bins.cover(this.times.endNs);
    this.bins.count(receiptCounters.received, atNs);
    const word0 = words[at] as number;
    const seq = (words[at + 1] as number) >>> 0;
    const producer = word0 >>> 16;
    const flags = (word0 >>> 8) & 0xff;
    const word7 = words[at + 7] as number;
    const group = (word7 >>> 8) & 0xff;
    if ((flags & deliveryFlags.weak) !== 0) this.weak = true; // receipts of unknown messages show it too
    if ((flags & stranger) !== 0 || seq >= (this.#top[producer] as number)) {
      this.#sightings.strange(words, at, group);
      return;
    }
    const plane = this.delivered[group];
    const copies = this.#copies[group];
    if (plane === undefined || copies === undefined) {
      this.strangeGroups += 1;
      return;
    }
    if ((flags & deliveryFlags.scheduled) !== 0) {
      if (!this.#redeliveries.receive(words, at, group))
        this.#repeat(repeatOf(copies.compare, words, at), group, words, at);
      if ((flags & remarkable) !== 0) this.#sightings.remark(flags, group, words, at);
      return;
    }
    const epoch = (word7 >>> 16) & 0xff;
    const place = copies.place((words[at + 5] as number) >>> 16, epoch, positionAt(words, at));
    const word = (this.#base[producer] as number) + (seq >>> 5);
    const bit = 1 << (seq & 31);
    const before = plane[word] as number;
    if ((before & bit) === 0) {
      plane[word] = before | bit;
      const latencyUs = ((words[at + 6] as number) >>> 4) * 16;
      this.latency.add(latencyUs);
      this.bins.latency(atNs, latencyUs);
      if (place !== places.fresh) copies.firstVague(producer, seq, (flags & deliveryFlags.redelivered) !== 0);
      else if ((flags & deliveryFlags.redelivered) === 0) this.#inOrder(words, at, epoch, producer, seq, group);
    } else {
      const flagged = (flags & deliveryFlags.redelivered) !== 0;
      this.#repeat(copies.repeat(producer, seq, place, flagged), group, words, at);
    }
    if ((flags & remarkable) !== 0) this.#sightings.remark(flags, group, words, at);
  }

  #inOrder(words: Int32Array, at: number, epoch: number, producer: number, seq: number, group: number): void {
    const session = (words[at + 3] as number) >>> 16;
    if (session === none16) return; // it is not known which session saw it
    const partition = (words[at + 5] as number) >>> 16;
    if (!this.#order.behind(session, partition, epoch, producer, seq)) return;
    // A message that its producer sent again was reordered by the producer, not by the broker.
    if (((words[at + 6] as number) & 15) <= 1) this.#sightings.note(reordered, true, group, words, at);
    else if (this.#retried.add(producer, seq)) this.reorderedRetries += 1;
  }

  #repeat(repeat: 'stored' | 'delivered' | 'undecided', group: number, words: Int32Array, at: number): void {
    this.repeats[repeat] += 1;
    this.bins.count(receiptCounters.extra, timeAt(words, at));
    if ((((words[at] as number) >>> 8) & deliveryFlags.redelivered) !== 0) this.repeats.flagged += 1;
    if (repeat === 'stored') this.#sightings.note(stored, false, group, words, at);
    else this.#sightings.note(repeat === 'delivered' ? delivered : undecided, true, group, words, at);
  }

  #other(kind: number, words: Int32Array, at: number): void {
    this.#witness?.take(words, at);
    if (kind === kinds.processingFailed || kind === kinds.redeliveryScheduled || kind === kinds.deadLettered) {
      this.#redeliveries.fail(kind, words, at, this.delivered.length);
    }
    if (kind === kinds.effect || kind === kinds.processingFailed) return this.#effects.note(kind, words, at);
    if (kind === kinds.deadLettered) this.deadLettered += 1;
    if (kind === kinds.assigned) this.#order.reset((words[at + 3] as number) >>> 16, (words[at + 5] as number) >>> 16);
  }
}

/**
 * The kind of repeat, for a try that came twice. What the broker itself redelivers has a place, and is one stored message.
 * A copy from a retry topic has none: the copy may have been stored twice, or delivered twice.
 */
function repeatOf(compare: boolean, words: Int32Array, at: number): 'delivered' | 'undecided' {
  const flagged = (((words[at] as number) >>> 8) & deliveryFlags.redelivered) !== 0;
  return (compare && positionAt(words, at) !== noPosition) || (!compare && flagged) ? 'delivered' : 'undecided';
}
