/** The constant pieces of lines, for WebAssembly loops. They are cut from lines that `putFinding` writes. */
import type { Arrays } from '../../loops/arrays.ts';
import type { Finding } from './finding.ts';
import { putFinding } from './finding-line.ts';
import { ascii, JsonBytes } from './json-bytes.ts';

type Fields = Omit<Finding, 'class'>;
type NumberField = 'partition' | 'position' | 'receivedAtNs' | 'sentAtNs' | 'settledAtNs' | 'attempts';

const lineEnd = '}\n';
/** The most bytes that the name of a producer may take. */
const nameBytes = 512;
/** How many bytes a loop may read beyond the end of a piece. */
const overreadBytes = 16;

export class LinePieces {
  readonly #all: Uint8Array[] = [];
  #name: Uint8Array = new Uint8Array(0);
  #nameEnd: Uint32Array = new Uint32Array(0);

  #longest = nameBytes;

  /** The most bytes that the pieces of one line may take. */
  get longest(): number {
    return this.#longest;
  }

  /**
   * Adds pieces of which a line has at most `times`. Returns the number of the first; the numbers of the others follow.
   */
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

  /**
   * Puts the pieces into the memory of the loops, with a last piece for the name of a producer. Returns the settings.
   */
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

  /**
   * Sets the name of the producer, which stands before the number of each message. False if it is too long for a loop.
   */
  setName(producer: string): boolean {
    const name = Buffer.from(JSON.stringify(`${producer}#`)).subarray(1, -1);
    if (name.length > nameBytes - overreadBytes) return false;
    this.#name.set(name);
    this.#nameEnd[1] = (this.#nameEnd[0] as number) + name.length;
    return true;
  }
}

/** The beginning of a line of a class, up to the message's name. */
export function headOf(name: Finding['class']): Uint8Array {
  return lineOf({ class: name, message: '' }).subarray(0, -`"${lineEnd}`.length);
}

/** The closing quote of the message's name, and the fields that follow it. */
export function afterName(fields: Fields): Uint8Array {
  return Buffer.concat([ascii('"'), fieldsOf(fields)]);
}

/** The name of a field with the comma before it and the colon after it. */
export function keyOf(name: NumberField): Uint8Array {
  return fieldsOf({ [name]: 0 }).subarray(0, -'0'.length);
}

/** The given fields and the end of the line. */
export function endOf(fields: Fields): Uint8Array {
  return Buffer.concat([fieldsOf(fields), ascii(lineEnd)]);
}

/** The bytes that the given fields add to a line. */
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
