/**
 * When a store of effects did not answer, as each of those who called it recorded it. Memory is bounded by time: a writer
 * has one sighting a second at most.
 */
import { textAt } from '../../journal/decode.ts';
import { failureCauses, kinds, type StoreDetail, storeStates } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { recordWords, timeAt } from '../../journal/record.ts';

/** What is lost again within this time of being reached was not back. */
export const togetherNs = 1e9;
/** Sightings that are kept apart; beyond them a writer's last one is prolonged instead of a new one begun. */
const mostSightings = 10_000;
/** Where the name was cut off: the outage stands. */
const nameless = 'a store';

export interface Sighting {
  readonly store: string;
  readonly writer: string;
  readonly fromNs: number;
  /** When it was first reached after it had been lost, and when for good; undefined: not until the journal ends. */
  firstReachedNs: number | undefined;
  toNs: number | undefined;
  /** Of one without an end: when its writer's journal ends. */
  lastNs: number;
  calls: number;
  connects: number;
  tries: number;
}

interface Open {
  readonly sighting: Sighting;
  /** What failed at first, while nobody has said how much there was of it. */
  unsaid: 'calls' | 'connects' | undefined;
}

export class StoreSightings {
  readonly all: Sighting[] = [];
  /** When a store was reached by somebody who had not lost it. */
  readonly reached = new Map<string, number[]>();

  /** For the records of one journal. */
  of(writer: string): StoreWitness {
    return new StoreWitness(this, writer);
  }

  reach(store: string, atNs: number): void {
    const instants = this.reached.get(store) ?? [];
    if (instants.length < mostSightings) instants.push(atNs);
    this.reached.set(store, instants);
  }

  isOne(reachedNs: number, lostNs: number): boolean {
    return lostNs - reachedNs < togetherNs || this.all.length >= mostSightings;
  }
}

/** What one writer recorded. It has to see the records that say something of stores, and their texts; it may see all. */
export class StoreWitness {
  readonly #sightings: StoreSightings;
  readonly #writer: string;
  readonly #open = new Map<string, Open>();
  #latest: Sighting | undefined;
  #lastNs = 0;
  #found: { readonly state: number; readonly atNs: number; readonly text: Buffer[] } | undefined;

  constructor(sightings: StoreSightings, writer: string) {
    this.#sightings = sightings;
    this.#writer = writer;
  }

  readonly pass: Pass = (words, endWord) => {
    for (let at = 0; at < endWord; at += recordWords) this.take(words, at);
    this.endOfChunk(words, endWord);
  };

  take(words: Int32Array, at: number): void {
    const kind = (words[at] as number) & 0xff;
    if (kind === kinds.text) this.#found?.text.push(textAt(words, at));
    else this.#conclude();
    if (kind === kinds.store) this.#found = { state: codeAt(words, at), atNs: timeAt(words, at), text: [] };
    else if (kind === kinds.processingFailed && codeAt(words, at) === failureCauses.store && this.#latest !== undefined)
      this.#latest.tries += 1;
  }

  /** Of all records that a pass was given at once. */
  endOfChunk(words: Int32Array, endWord: number): void {
    this.#lastNs = Math.max(this.#lastNs, lastTime(words, endWord));
  }

  finish(): void {
    this.#conclude();
    for (const known of this.#open.values()) {
      if (known.sighting.toNs !== undefined) continue;
      settle(known); // whoever was killed did not say how much there was
      known.sighting.lastNs = Math.max(known.sighting.lastNs, this.#lastNs);
    }
  }

  /** The record that was found last has all of its text. */
  #conclude(): void {
    if (this.#found === undefined) return;
    const { state, atNs, text } = this.#found;
    this.#found = undefined;
    this.#lastNs = Math.max(this.#lastNs, atNs);
    const detail = detailOf(Buffer.concat(text).toString('utf8'));
    if (state === storeStates.lost) this.#latest = this.#lost(detail, atNs);
    if (state === storeStates.reached) this.#reached(detail, atNs);
  }

  #lost(detail: StoreDetail, atNs: number): Sighting {
    const known = this.#open.get(detail.store);
    const last = known?.sighting;
    const goesOn = last !== undefined && (last.toNs === undefined || this.#sightings.isOne(last.toNs, atNs));
    const sighting = goesOn ? last : newSighting(detail.store, this.#writer, atNs);
    if (!goesOn) this.#sightings.all.push(sighting);
    sighting.toNs = undefined;
    sighting.lastNs = atNs;
    const said = add(sighting, detail);
    this.#open.set(detail.store, { sighting, unsaid: said ? undefined : (known?.unsaid ?? causeOf(detail)) });
    return sighting;
  }

  #reached(detail: StoreDetail, atNs: number): void {
    const known = this.#open.get(detail.store);
    if (known === undefined || known.sighting.toNs !== undefined) {
      this.#sightings.reach(detail.store, atNs);
      return;
    }
    known.sighting.firstReachedNs ??= atNs;
    known.sighting.toNs = atNs;
    if (add(known.sighting, detail)) known.unsaid = undefined;
    else settle(known);
  }
}

function newSighting(store: string, writer: string, fromNs: number): Sighting {
  const none = { firstReachedNs: undefined, toNs: undefined, lastNs: fromNs };
  return { store, writer, fromNs, ...none, calls: 0, connects: 0, tries: 0 };
}

/** True when the record says how much failed. */
function add(sighting: Sighting, { calls, connects }: StoreDetail): boolean {
  sighting.calls += calls ?? 0;
  sighting.connects += connects ?? 0;
  return calls !== undefined || connects !== undefined;
}

/** Nobody says how much failed: it was one at least. */
function settle(open: Open): void {
  if (open.unsaid !== undefined) open.sighting[open.unsaid] += 1;
  open.unsaid = undefined;
}

function causeOf({ why }: StoreDetail): 'calls' | 'connects' {
  return why === 'store-unreachable' ? 'connects' : 'calls';
}

function detailOf(text: string): StoreDetail {
  try {
    const { store, ...rest } = JSON.parse(text) as Partial<StoreDetail>;
    return { store: typeof store === 'string' ? store : nameless, ...rest };
  } catch {
    return { store: nameless };
  }
}

/** Of the last record that has a time. */
function lastTime(words: Int32Array, endWord: number): number {
  let at = endWord - recordWords;
  while (at >= 0 && ((words[at] as number) & 0xff) === kinds.text) at -= recordWords;
  return at < 0 ? 0 : timeAt(words, at);
}

function codeAt(words: Int32Array, at: number): number {
  return ((words[at] as number) >>> 8) & 0xff;
}
