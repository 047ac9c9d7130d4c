/** Messages that have a producer and a sequence of their own: their numbers in the journals, and their names. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { none16 } from '../event.ts';
import { Names } from './parts/names.ts';
import { nothing, type PartedSent } from './parts/parted.ts';
import type { Sequences } from './parts/sequences.ts';

/** Two messages have one sequence, or one message two: then sequences say nothing of the order. */
export class SequenceClash extends Error {}

const two32 = 2 ** 32;

export class Numbering implements Disposable {
  /** Its first producer's number in the journals. */
  readonly #first: number;
  readonly #sequences: Sequences;
  readonly #producers: readonly string[];
  readonly #names: Names;
  readonly #places: number;
  readonly #buffer = new Float64Array(1 << 12);
  #buffered = 0;

  constructor(folder: string, first: number, producers: readonly string[], sequences: Sequences) {
    this.#first = first;
    this.#sequences = sequences;
    this.#producers = producers;
    this.#names = new Names(folder, 'sequenced');
    this.#places = openSync(join(folder, 'sequenced.places'), 'w+');
  }

  /** Numbers of the producers in the journals: from the first, one after another. */
  get producers(): number[] {
    return this.#producers.map((_, producer) => this.#first + producer);
  }

  /** The rank of a message's sequence; `nothing` where it has none. @throws SequenceClash. */
  first(record: PartedSent): number {
    const { producer, sequence } = record;
    if (producer === none16 || sequence === nothing) return nothing;
    const rank = this.#sequences.rank(producer, sequence);
    if (!this.#sequences.claim(rank)) {
      throw new SequenceClash(
        `several messages have the sequence ${sequence} of producer ${this.#producers[producer]}`,
      );
    }
    return rank;
  }

  /** A further attempt at a message. @throws SequenceClash. */
  again(rank: number, { id, producer, sequence }: PartedSent): void {
    if (producer === none16 || sequence === nothing) return;
    if (this.#sequences.rank(producer, sequence) !== rank) {
      throw new SequenceClash(`the attempts at ${JSON.stringify(id)} have several sequences`);
    }
  }

  /** A producer's number in the journals. */
  producerOf(producer: number): number {
    return this.#first + producer;
  }

  /** The sequence that a producer's message has there. */
  seqOf(producer: number, rank: number): number {
    return rank - this.#sequences.base(producer);
  }

  /** Keeps an id, and returns where it is kept. */
  name(part: number, id: string): number {
    return part * two32 + this.#names.add(id);
  }

  /** Where the id of the next rank is kept. */
  place(where: number): void {
    this.#buffer[this.#buffered] = where;
    this.#buffered += 1;
    if (this.#buffered === this.#buffer.length) this.#flush();
  }

  /** The part's last id was named. */
  close(part: number): void {
    this.#names.close(part);
  }

  /** Undefined for a producer that is none of these. */
  nameOf(producer: number, seq: number): string | undefined {
    if (producer < this.#first) return undefined;
    this.#flush();
    const place = new Float64Array(1);
    const at = this.#sequences.base(producer - this.#first) + seq;
    readSync(this.#places, new Uint8Array(place.buffer), 0, 8, at * 8);
    return this.#names.of(Math.floor((place[0] as number) / two32), (place[0] as number) % two32);
  }

  #flush(): void {
    if (this.#buffered > 0) writeSync(this.#places, new Uint8Array(this.#buffer.buffer, 0, this.#buffered * 8));
    this.#buffered = 0;
  }

  [Symbol.dispose](): void {
    this.#names[Symbol.dispose]();
    closeSync(this.#places);
  }
}
