/** Lets the loop over notes write the lines that it can: those about watched messages, which are no examples. */
import type { Loop } from '../../loops/loop.ts';
import type { Finding } from '../finding.ts';
import { putFinding } from '../finding-line.ts';
import type { ProducerHistory } from '../history.ts';
import { ascii, JsonBytes, spareBytes } from '../json-bytes.ts';
import type { Lines } from '../lines.ts';
import { blockBits, type NotedClass, notedClasses } from '../notes.ts';
import type { FaultRecord } from '../run-record.ts';
import { groupName } from '../strangers.ts';
import type { CheckContext } from './check.ts';
import { isDuplicate } from './listing.ts';

/** The most that the name of a producer may take. */
const nameBytes = 512;
/** What the numbers of a line take at most, and what is copied beyond its end. */
const othersBytes = 128;

export class NoteLoop {
  readonly #context: CheckContext;
  readonly #lines: Lines;
  readonly #producerName: (producer: number) => string;
  readonly #loop: Loop;
  /** The loop's own: where the next line goes, and where none may begin any more. */
  readonly #out: { value: number };
  readonly #outLimit: { value: number };
  readonly #name: Uint8Array;
  readonly #nameEnd: Uint32Array;
  readonly #heaviest: Int32Array;
  readonly #attributed: Uint32Array;

  /** Undefined where no lines are written, where somebody wants each finding, or where producers do not name messages. */
  static of(context: CheckContext): NoteLoop | undefined {
    const { producerName } = context;
    const { lines } = context.findings;
    if (lines === undefined || producerName === undefined || context.findings.areTaken) return undefined;
    const pieces = piecesOf(context);
    const longest = pieces.all.reduce((sum, piece) => sum + piece.length, nameBytes + othersBytes);
    return longest > spareBytes ? undefined : new NoteLoop(context, lines, producerName, pieces);
  }

  private constructor(
    context: CheckContext,
    lines: Lines,
    producerName: (producer: number) => string,
    { all, numbers }: Pieces,
  ) {
    this.#context = context;
    this.#lines = lines;
    this.#producerName = producerName;
    const { history, loops } = context;
    const { faults } = history.record;
    this.#loop = loops.notes;
    this.#out = this.#loop.setting('out');
    this.#outLimit = this.#loop.setting('outLimit');
    this.#heaviest = loops.int32(notedClasses.length);
    this.#attributed = loops.uint32(notedClasses.length);
    const ends = loops.uint32(all.length + 2);
    for (const [at, piece] of all.entries()) ends[at + 1] = (ends[at] as number) + piece.length;
    const used = ends[all.length] as number;
    const bytes = loops.uint8(used + nameBytes);
    bytes.set(Buffer.concat(all));
    this.#name = bytes.subarray(used);
    this.#nameEnd = ends.subarray(all.length, all.length + 2);
    const timesOf = (of: (fault: FaultRecord) => number): Float64Array => {
      const times = loops.float64(faults.length);
      times.set(faults.map(of));
      return times;
    };
    this.#loop.set({
      ...{ ...numbers, name: all.length, groups: history.groups.length, pieceAt: ends, pieceBytes: bytes },
      ...history.watchlist.lookup,
      ...{ blocks: history.sightings.notes.blocks, blockBits },
      faults: faults.length,
      faultFromNs: timesOf(({ injectingNs }) => injectingNs ?? Number.POSITIVE_INFINITY),
      faultToNs: timesOf(({ healedNs }) => healedNs ?? Number.POSITIVE_INFINITY),
      faultHeldNs: timesOf(({ injectedNs, injectingNs }) => injectedNs ?? injectingNs ?? Number.NaN),
      ...{ heaviest: this.#heaviest, attributed: this.#attributed },
      again: notedClasses.indexOf('duplicate-delivered'),
      duplicates: notedClasses.reduce((bits, name, kind) => bits | (isDuplicate(name) ? 1 << kind : 0), 0),
    });
  }

  /** Of one producer's rows, which are in the memory of the loops. False: nothing can be written about it. */
  begin({ producer, lastNs }: ProducerHistory, rows: Uint32Array): boolean {
    const name = Buffer.from(JSON.stringify(`${this.#producerName(producer)}#`)).subarray(1, -1);
    if (name.length > nameBytes - 16) return false;
    this.#name.set(name);
    this.#nameEnd[1] = (this.#nameEnd[0] as number) + name.length;
    const base = this.#context.history.layout.base[producer] as number;
    this.#loop.set({ rows, base, lastNs });
    return true;
  }

  /** Writes lines about rows [from, end); returns the first row that it left. */
  run(from: number, end: number): number {
    const { findings } = this.#context;
    const { bytes } = this.#lines;
    for (let kind = 0; kind < notedClasses.length; kind += 1)
      this.#heaviest[kind] = Math.floor(findings.heaviest(notedClasses[kind] as NotedClass));
    let at = from;
    while (at < end) {
      this.#out.value = bytes.address;
      this.#outLimit.value = bytes.address + bytes.spare;
      at = this.#loop.call(at, end);
      bytes.put(this.#out.value - bytes.address);
      if (bytes.spare > 0) break;
      bytes.flush();
    }
    for (let kind = 0; kind < notedClasses.length; kind += 1) {
      findings.addAttributed(notedClasses[kind] as NotedClass, this.#attributed[kind] as number);
      this.#attributed[kind] = 0;
    }
    return at;
  }
}

/** The parts of lines that are the same in many, and the numbers by which the loop knows them. */
interface Pieces {
  readonly all: readonly Uint8Array[];
  readonly numbers: Readonly<Record<string, number>>;
}

function piecesOf({ history }: CheckContext): Pieces {
  const all: Uint8Array[] = [];
  const add = (...pieces: readonly Uint8Array[]): number => all.push(...pieces) - pieces.length;
  const keyOf = (name: 'partition' | 'position' | 'receivedAtNs' | 'sentAtNs' | 'settledAtNs'): Uint8Array =>
    fieldsOf({ [name]: 0 }).subarray(0, -1);
  const tail = (fields: Omit<Finding, 'class'>): Uint8Array => Buffer.concat([fieldsOf(fields), ascii('}\n')]);
  const numbers = {
    heads: add(...notedClasses.map((name) => lineOf({ class: name, message: '' }).subarray(0, -'"}\n'.length))),
    groupPieces: add(
      ...history.groups.map((_, group) =>
        Buffer.concat([ascii('"'), fieldsOf({ group: groupName(history.groups, group) })]),
      ),
    ),
    tails: add(
      tail({}),
      ...history.record.faults.flatMap(({ id }) => [
        tail({ fault: id, when: 'during', confidence: 'likely' }),
        tail({ fault: id, when: 'after', confidence: 'possible' }),
      ]),
    ),
    partitionKey: add(keyOf('partition')),
    positionKey: add(keyOf('position')),
    receivedKey: add(keyOf('receivedAtNs')),
    flaggedKey: add(fieldsOf({ redelivered: false }), fieldsOf({ redelivered: true })),
    sentKey: add(keyOf('sentAtNs')),
    settledKey: add(keyOf('settledAtNs')),
  };
  return { all, numbers };
}

/** What fields add to a line. */
function fieldsOf(fields: Omit<Finding, 'class'>): Uint8Array {
  const bare = lineOf({ class: 'lost' }).length - '}\n'.length;
  return lineOf({ class: 'lost', ...fields }).subarray(bare, -'}\n'.length);
}

function lineOf(finding: Finding): Uint8Array {
  const parts: Uint8Array[] = [];
  const bytes = new JsonBytes((part) => parts.push(Uint8Array.from(part)));
  putFinding(bytes, finding);
  bytes.flush();
  return Buffer.concat(parts);
}
