/**
 * What was redelivered by schedule: tries after the first, which came by a group's retry topic, and what its dead letter
 * topic holds. A delivery's identity is (group, message, try): a try that came twice is a repeat, a further try is none.
 * Memory: a bit a try, in pages, and a plane a group for each thing that happened in it.
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
  /** Receipts by retry topics. */
  receipts = 0;
  /** Messages in dead letter topics, each once a group. */
  deadLetters = 0;
  /** A bit for each message of a group of which some try failed, or that was moved for it. */
  readonly failed: Planes = [];
  /** Of those: the messages of which some try was received and did not fail. */
  readonly succeeded: Planes = [];
  /** What the dead letter topic holds. */
  readonly dead: Planes = [];
  readonly #sightings: Sightings;
  /** Redeliveries after the first try; undefined: nobody said. */
  readonly #most: number | undefined;
  readonly #again: Planes = [];
  readonly #failedFirst: Planes = [];
  /** By group, try and producer. */
  readonly #received = new NamedBits();
  readonly #failedLater = new NamedBits();

  constructor(sightings: Sightings, most: number | undefined) {
    this.#sightings = sightings;
    this.#most = most;
  }

  /** A receipt by the retry topic; false when this try was received before. */
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

  /** A record of a consumer that a try failed, or what it did about it. */
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

  /** Over the journal of the dead letter topics. */
  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) {
      if (((words[at] as number) & 0xff) === kinds.dead) this.#bury(words, at);
    }
  };

  /** Call when all was read. `delivered`: what each group received at first; from now on with what came again, and with its dead letters. */
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

  /** True when it was not marked yet. */
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

/** Bits of a plane that may not have been made. */
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
