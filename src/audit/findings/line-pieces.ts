/** The parts of lines that are the same in many, from the same code that writes a line whole. */
import type { Arrays } from '../../loops/arrays.ts';
import type { Finding } from './finding.ts';
import { putFinding } from './finding-line.ts';
import { ascii, JsonBytes } from './json-bytes.ts';

type Fields = Omit<Finding, 'class'>;
type NumberField = 'partition' | 'position' | 'receivedAtNs' | 'sentAtNs' | 'settledAtNs' | 'attempts';

const lineEnd = '}\n';
/** The most that the name of a producer may take. */
const nameBytes = 512;
/** What a loop may read beyond the end of a piece. */
const overreadBytes = 16;

export class LinePieces {
  readonly #all: Uint8Array[] = [];
  #name: Uint8Array = new Uint8Array(0);
  #nameEnd: Uint32Array = new Uint32Array(0);

  #longest = nameBytes;

  /** What the pieces of a line may take, at most. */
  get longest(): number {
    return this.#longest;
  }

  /** Pieces of which a line has one, or so many at most. The number of the first; the others follow. */
  add(pieces: readonly Uint8Array[], times = 1): number {
    const first = this.#all.length;
    let longest = 0;
    for (const piece of pieces) {
      this.#all.push(piece);
      longest = Math.max(longest, piece.length);
    }
    this.#longest += times * longest;
    return first;
  }

  /** In the memory of the loops, with a last piece for the name of a producer. */
  settings(arrays: Arrays) {
    const ends = arrays.uint32(this.#all.length + 2);
    for (const [at, piece] of this.#all.entries()) ends[at + 1] = (ends[at] as number) + piece.length;
    const used = ends[this.#all.length] as number;
    const bytes = arrays.uint8(used + nameBytes);
    bytes.set(Buffer.concat(this.#all));
    this.#name = bytes.subarray(used);
    this.#nameEnd = ends.subarray(this.#all.length);
    return { pieceAt: ends, pieceBytes: bytes, name: this.#all.length };
  }

  /** What messages of a producer are called before their number. False: it is too long for a loop. */
  setName(producer: string): boolean {
    const name = Buffer.from(JSON.stringify(`${producer}#`)).subarray(1, -1);
    if (name.length > nameBytes - overreadBytes) return false;
    this.#name.set(name);
    this.#nameEnd[1] = (this.#nameEnd[0] as number) + name.length;
    return true;
  }
}

/** How a line of a class begins, up to the message's name. */
export function headOf(name: Finding['class']): Uint8Array {
  return lineOf({ class: name, message: '' }).subarray(0, -`"${lineEnd}`.length);
}

/** How the name ends, and what else a line says of the message. */
export function afterName(fields: Fields): Uint8Array {
  return Buffer.concat([ascii('"'), fieldsOf(fields)]);
}

export function keyOf(name: NumberField): Uint8Array {
  return fieldsOf({ [name]: 0 }).subarray(0, -'0'.length);
}

/** How a line ends. */
export function endOf(fields: Fields): Uint8Array {
  return Buffer.concat([fieldsOf(fields), ascii(lineEnd)]);
}

/** What fields add to a line. */
export function fieldsOf(fields: Fields): Uint8Array {
  const bare = lineOf({ class: 'lost' }).length - lineEnd.length;
  return lineOf({ class: 'lost', ...fields }).subarray(bare, -lineEnd.length);
}

const parts: Uint8Array[] = [];
const scratch = new JsonBytes((part) => parts.push(Uint8Array.from(part)));

function lineOf(finding: Finding): Uint8Array {
  putFinding(scratch, finding);
  scratch.flush();
  return Buffer.concat(parts.splice(0));
}
