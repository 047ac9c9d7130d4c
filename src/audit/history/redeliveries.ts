/**
 * Scheduled redelivery: the tries after the first, which come through a group's retry topic, and the messages in its
 * dead letter topic. A delivery is identified by group, message and try: a try that was delivered twice is a repeat,
 * the next try is not. It takes a bit for each try, in pages, and a plane for each group and kind of event that occurs.
 */
import { deliveryFlags, kinds } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { recordWords } from '../../journal/record.ts';
import { notedClasses } from '../structures/notes.ts';
import { newPlane } from '../structures/planes.ts';
import { NamedBits } from '../structures/sparse.ts';
import type { Sightings } from './sightings.ts';

const stranger = deliveryFlags.foreign | deliveryFlags.unidentified;
const overRetried = notedClasses.indexOf('over-retried');
const producers = 65536;

type Planes = (Int32Array | undefined)[];

export class Redeliveries {
  /** Receipts from retry topics. */
  receipts = 0;
  /** Messages in dead letter topics, each counted once for each group. */
  deadLetters = 0;
  /** By group: messages of which some try failed, or which a consumer moved because of that. */
  readonly failed: Planes = [];
  /** By group: those of the failed messages of which some try was received and did not fail. */
  readonly succeeded: Planes = [];
  /** By group: the messages in its dead letter topic. */
  readonly dead: Planes = [];
  readonly #sightings: Sightings;
  /** The most redeliveries that are allowed after the first try; undefined if the header does not say. */
  readonly #most: number | undefined;
  readonly #again: Planes = [];
  readonly #failedFirst: Planes = [];
  /** Sequences, by group, try and producer. */
  readonly #received = new NamedBits();
  readonly #failedLater = new NamedBits();

  constructor(sightings: Sightings, most: number | undefined) {
    this.#sightings = sightings;
    this.#most = most;
  }

  /** Takes a receipt from the retry topic. False when this try was received before. */
  receive(words: Int32Array, at: number, group: number): boolean {
    this.receipts += 1;
    const producer = (words[at] as number) >>> 16;
    const seq = (words[at + 1] as number) >>> 0;
    const attempt = (words[at + 7] as number) & 0xff;
    this.#mark(this.#again, group, producer, seq);
    if (this.#most !== undefined && attempt > 1 + this.#most) {
      this.#sightings.note(overRetried, true, group, words, at);
    }
    return this.#received.add(nameOf(group, attempt, producer), seq);
  }

  /** Takes a consumer's record that a try failed, or that it moved the message because of that. */
  fail(kind: number, words: Int32Array, at: number, groups: number): void {
    const producer = (words[at] as number) >>> 16;
    const seq = (words[at + 1] as number) >>> 0;
    const word7 = words[at + 7] as number;
    const group = (word7 >>> 8) & 0xff;
    if (group >= groups || seq >= (this.#sightings.layout.top[producer] as number)) return;
    this.#mark(this.failed, group, producer, seq);
    if (kind !== kinds.processingFailed) return;
    const attempt = word7 & 0xff;
    if (attempt <= 1) this.#mark(this.#failedFirst, group, producer, seq);
    else this.#failedLater.add(nameOf(group, attempt, producer), seq);
  }

  /** The pass over the journal of the dead letter topics. */
  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      if (((words[at] as number) & 0xff) === kinds.dead) this.#bury(words, at);
    }
  };

  /**
   * Call it once all journals of deliveries were read. `delivered` is the plane of each group's first tries; its later
   * tries and its dead letters are added to it.
   */
  finish(delivered: readonly Int32Array[]): void {
    for (const [group, plane] of delivered.entries()) {
      const failed = this.failed[group];
      if (failed === undefined) continue;
      const first = this.#failedFirst[group];
      this.succeeded[group] = plane.map((bits, word) => bits & (failed[word] as number) & ~(first?.[word] ?? 0));
    }
    for (const name of this.#received.names()) {
      const { group, attempt, producer } = splitName(name);
      if (attempt <= 1) continue;
      this.#received.each(name, (seq) => {
        if (!this.#failedLater.has(name, seq)) this.#mark(this.succeeded, group, producer, seq);
      });
    }
    for (const [group, plane] of delivered.entries()) {
      for (const more of [this.#again[group], this.dead[group]]) {
        if (more === undefined) continue;
        for (let word = 0; word < plane.length; word += 1)
          plane[word] = (plane[word] as number) | (more[word] as number);
      }
    }
  }

  #bury(words: Int32Array, at: number): void {
    const word0 = words[at] as number;
    const producer = word0 >>> 16;
    const seq = (words[at + 1] as number) >>> 0;
    const group = ((words[at + 7] as number) >>> 8) & 0xff;
    if (((word0 >>> 8) & stranger) !== 0 || seq >= (this.#sightings.layout.top[producer] as number)) {
      this.#sightings.strange(words, at, group);
      return;
    }
    if (this.#mark(this.dead, group, producer, seq)) this.deadLetters += 1;
  }

  /** Sets a message's bit. True if it was not set. */
  #mark(planes: Planes, group: number, producer: number, seq: number): boolean {
    const { layout } = this.#sightings;
    planes[group] ??= newPlane(layout);
    const plane = planes[group];
    const word = (layout.base[producer] as number) + (seq >>> 5);
    const before = plane[word] as number;
    plane[word] = before | (1 << (seq & 31));
    return plane[word] !== before;
  }
}

/** A word of a group's plane; 0 if the group has no plane. */
export function bitsOf(planes: Planes, group: number, word: number): number {
  return planes[group]?.[word] ?? 0;
}

function nameOf(group: number, attempt: number, producer: number): number {
  return (group * 256 + attempt) * producers + producer;
}

function splitName(name: number): { group: number; attempt: number; producer: number } {
  const rest = Math.floor(name / producers);
  return { group: rest >>> 8, attempt: rest & 0xff, producer: name % producers };
}
