/**
 * When a store of effects did not answer, as each process that called it recorded it. A writer has at most one sighting
 * for each second, which bounds the memory.
 */
import { textAt } from '../../journal/decode.ts';
import { failureCauses, kinds, type StoreDetail, storeStates } from '../../journal/event.ts';
import type { Pass } from '../../journal/reader.ts';
import { recordWords, timeAt } from '../../journal/record.ts';

/** A store that is lost again this soon after it was reached was not back: it is the same sighting. */
export const togetherNs = 1e9;
/** The most sightings that are kept apart. Beyond them a writer's last sighting is extended instead. */
const mostSightings = 10_000;
/** The name of a store whose record was cut off. */
const nameless = 'a store';

export interface Sighting {
  readonly store: string;
  readonly writer: string;
  readonly fromNs: number;
  /** When the store was first reached again; undefined if it was not until the journal ends. */
  firstReachedNs: number | undefined;
  /** When the store was reached and not lost again soon; undefined if it was not until the journal ends. */
  toNs: number | undefined;
  /** When its writer's journal ends, for a sighting without an end. */
  lastNs: number;
  calls: number;
  connects: number;
  tries: number;
}

interface Open {
  readonly sighting: Sighting;
  /** The first failure, until a record says how many there were. */
  unsaid: 'calls' | 'connects' | undefined;
}

export class StoreSightings {
  readonly all: Sighting[] = [];
  /** By store: when a process reached it that had not lost it. */
  readonly reached = new Map<string, number[]>();

  /** Takes the records of one journal. */
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

/**
 * Collects what one writer recorded. It must be given the records about stores and their texts, and may be given all.
 */
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

  /** Call it with every chunk of records that a pass was given. */
  endOfChunk(words: Int32Array, endWord: number): void {
    this.#lastNs = Math.max(this.#lastNs, lastTime(words, endWord));
  }

  finish(): void {
    this.#conclude();
    for (const known of this.#open.values()) {
      if (known.sighting.toNs !== undefined) continue;
      settle(known); // a writer that was killed did not record how many failures there were
      known.sighting.lastNs = Math.max(known.sighting.lastNs, this.#lastNs);
    }
  }

  /** Takes the last record that was found, once all of its text was read. */
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

/** True when the record says how many calls or connections failed. */
function add(sighting: Sighting, { calls, connects }: StoreDetail): boolean {
  sighting.calls += calls ?? 0;
  sighting.connects += connects ?? 0;
  return calls !== undefined || connects !== undefined;
}

/** Counts one failure if no record says how many there were. */
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

/** The time of the last record that has one. */
function lastTime(words: Int32Array, endWord: number): number {
  let at = endWord - recordWords;
  while (at >= 0 && ((words[at] as number) & 0xff) === kinds.text) at -= recordWords;
  return at < 0 ? 0 : timeAt(words, at);
}

function codeAt(words: Int32Array, at: number): number {
  return ((words[at] as number) >>> 8) & 0xff;
}
