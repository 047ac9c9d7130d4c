/**
 * Lets WebAssembly loops write most lines: those about messages on the watchlist that do not become examples.
 * JavaScript writes the others (listing.ts). Without these loops an audit of ten million messages takes 1.4 times the
 * CPU time (bench/README.md), which is why the format of a line is in two languages.
 */

import type { CheckContext } from '../checks/check.ts';
import type { ProducerHistory } from '../history/history.ts';
import { groupName } from '../history/strangers.ts';
import { blockBits, notedClasses } from '../structures/notes.ts';
import { type FaultAudit, faultColumns } from '../windows/faults.ts';
import { culprits } from '../windows/sides.ts';
import { ascii, longestLineBytes } from './json-bytes.ts';
import { isLoss, type LineKinds } from './line-kinds.ts';
import { LineLoop } from './line-loop.ts';
import { afterName, endOf, fieldsOf, headOf, keyOf, LinePieces } from './line-pieces.ts';
import type { Lines } from './lines.ts';
import { isDuplicate } from './listing.ts';

/** The number of entries that the loop is given at once. */
const room = 1 << 12;
/** The most bytes that the numbers of a line take, together with those that loops copy beyond its end. */
const othersBytes = 160;

export class LineLoops {
  readonly #context: CheckContext;
  readonly #producerName: (producer: number) => string;
  readonly #pieces: LinePieces;
  readonly #notes: LineLoop;
  readonly #befallen: LineLoop;
  /** Two numbers for each line that is to be written: the sequence of the message and the kind of line. */
  readonly #entries: Uint32Array;
  #used = 0;
  readonly #losses: Losses;

  /**
   * Undefined if no lines are wanted, if every finding is wanted as an object, or if messages are not named by
   * producers.
   */
  static of(context: CheckContext, kinds: LineKinds): LineLoops | undefined {
    const { producerName } = context;
    const { lines } = context.findings;
    if (lines === undefined || producerName === undefined || context.findings.areTaken) return undefined;
    const pieces = new LinePieces();
    const numbers = numbersOf(pieces, context, kinds);
    if (pieces.longest + othersBytes > longestLineBytes) return undefined;
    return new LineLoops(context, kinds, lines, producerName, pieces, numbers);
  }

  private constructor(
    context: CheckContext,
    kinds: LineKinds,
    lines: Lines,
    producerName: (producer: number) => string,
    pieces: LinePieces,
    numbers: ReturnType<typeof numbersOf>,
  ) {
    this.#context = context;
    this.#producerName = producerName;
    this.#pieces = pieces;
    const { history, loops, findings } = context;
    const shared = {
      ...{ ...numbers.shared, ...pieces.settings(loops), ...history.watchlist.lookup },
      ...faultColumns(context.faults, loops),
    };
    this.#notes = new LineLoop(loops.notes, notedClasses, lines, findings, loops);
    loops.notes.set({
      ...{ ...shared, ...numbers.notes, groups: history.groups.length },
      ...{ blocks: history.sightings.notes.blocks, blockBits },
      again: notedClasses.indexOf('duplicate-delivered'),
      duplicates: notedClasses.reduce((bits, name, kind) => bits | (isDuplicate(name) ? 1 << kind : 0), 0),
    });
    const classes = kinds.all.map((kind) => kind.class);
    this.#befallen = new LineLoop(loops.befallen, classes, lines, findings, loops);
    this.#entries = loops.uint32(room * 2);
    const weights = loops.int32(classes.length);
    weights.set(kinds.all.map(({ more }) => (more.proved === true ? 2 : 0)));
    const losses = loops.uint8(classes.length);
    losses.set(classes.map((name) => (isLoss(name) ? 1 : 0)));
    const { length } = context.faults;
    this.#losses = {
      lostBy: loops.uint32(length),
      windowNs: loops.float64(length).fill(Number.NEGATIVE_INFINITY),
    };
    const blamable = loops.uint8(classes.length);
    blamable.set(kinds.all.map((kind) => culprits(kind.class, kind.more.proved)));
    const settings = { entries: this.#entries, weights, losses, blamable, ...this.#losses };
    loops.befallen.set({ ...shared, ...numbers.befallen, ...settings });
  }

  /**
   * Begins a producer, with its rows of notes, which are in the memory of the loops. False if loops cannot write its
   * name.
   */
  begin({ producer, lastNs }: ProducerHistory, rows: Uint32Array): boolean {
    if (!this.#pieces.setName(this.#producerName(producer))) return false;
    const { loops, history } = this.#context;
    const settings = { base: history.layout.base[producer] as number, lastNs };
    loops.notes.set({ ...settings, ...(rows.length === 0 ? {} : { rows }) });
    loops.befallen.set(settings);
    return true;
  }

  /**
   * Writes lines about rows [from, end) of notes. Returns the first row that JavaScript has to write; `end` if none.
   */
  notes(from: number, end: number): number {
    return this.#notes.run(from, end);
  }

  /** Adds a line that is to be written. True when there is no room for another before `write` was called. */
  add(kind: number, seq: number): boolean {
    this.#entries[this.#used * 2] = seq;
    this.#entries[this.#used * 2 + 1] = kind;
    this.#used += 1;
    return this.#used === room;
  }

  /** Writes the added lines in their order. `leave` is called for each line that loops cannot write. */
  write(leave: (kind: number, seq: number) => void): void {
    for (let at = 0; at < this.#used; at += 1) {
      at = this.#befallen.run(at, this.#used);
      if (at < this.#used) leave(this.#entries[at * 2 + 1] as number, this.#entries[at * 2] as number);
    }
    this.#used = 0;
  }

  /** Adds what the loops counted to the findings and the faults. Call it once, after the last line. */
  finish(): void {
    this.#notes.finish();
    this.#befallen.finish();
    for (const [at, fault] of this.#context.faults.entries()) addLosses(fault, this.#losses, at);
  }
}

/** What the loop over messages counts for each fault. */
interface Losses {
  /** The losses that name the fault. */
  readonly lostBy: Uint32Array;
  /** The longest time from the ack of a lost message to the injection of the fault; -Infinity if there is none. */
  readonly windowNs: Float64Array;
}

function addLosses(fault: FaultAudit, { lostBy, windowNs }: Losses, at: number): void {
  fault.lostMessages += lostBy[at] as number;
  const longestNs = windowNs[at] as number;
  if (longestNs > Number.NEGATIVE_INFINITY) fault.lossWindowMs = Math.max(fault.lossWindowMs ?? 0, longestNs / 1e6);
}

/** Adds the pieces of all lines. Returns the numbers of the pieces, by the names of the loops' settings. */
function numbersOf(pieces: LinePieces, { history, loops }: CheckContext, kinds: LineKinds) {
  const { groups, record } = history;
  const ids = record.faults.map(({ id }) => id);
  const shared = {
    tails: pieces.add([
      endOf({}),
      ...ids.flatMap((id) => [
        endOf({ fault: id, when: 'during', confidence: 'likely' }),
        endOf({ fault: id, when: 'after', confidence: 'possible' }),
      ]),
    ]),
    ...severalFaults(pieces, ids, loops.notes.setting('mostFaults').value),
    partitionKey: pieces.add([keyOf('partition')]),
    positionKey: pieces.add([keyOf('position')]),
    sentKey: pieces.add([keyOf('sentAtNs')]),
    settledKey: pieces.add([keyOf('settledAtNs')]),
  };
  const notes = {
    heads: pieces.add(notedClasses.map(headOf)),
    groupPieces: pieces.add([
      ...groups.map((_, group) => afterName({ group: groupName(groups, group) })),
      afterName({}), // for the independent reader, which is in no group
    ]),
    receivedKey: pieces.add([keyOf('receivedAtNs')]),
    flaggedKey: pieces.add([fieldsOf({ redelivered: false }), fieldsOf({ redelivered: true })]),
  };
  const befallen = {
    heads: pieces.add(kinds.all.map((kind) => headOf(kind.class))),
    extras: pieces.add(kinds.all.map(({ more }) => afterName(more))),
    attemptsKey: pieces.add([keyOf('attempts')]),
  };
  return { shared, notes, befallen };
}

/** The pieces at the end of a line that names several faults. Loops write lines with at most `mostFaults`. */
function severalFaults(pieces: LinePieces, ids: readonly string[], mostFaults: number) {
  const [begin, between, close] = ['[', ',', ']'].map(ascii) as [Uint8Array, Uint8Array, Uint8Array];
  const quoted = ids.map((id) => Buffer.from(JSON.stringify(id)));
  const others = quoted.map((id) => Buffer.concat([between, id]));
  const empty = fieldsOf({ otherFaults: [] }).subarray(0, -'[]'.length);
  return {
    firsts: pieces.add(ids.map((id) => Buffer.concat([fieldsOf({ fault: id }), empty, begin]))),
    seconds: pieces.add(quoted),
    others: pieces.add(others, mostFaults),
    severalEnd: pieces.add([Buffer.concat([close, endOf({ when: 'during', confidence: 'possible' })])]),
  };
}
