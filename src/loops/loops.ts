/**
 * The loops over records and notes in WebAssembly, where an audit spends most of its time, and the memory that they
 * share with JavaScript. An array from here is an ordinary typed array for JavaScript and an address for a loop. The
 * same loops in JavaScript take about twice the time, most of it for bounds checks and for times as doubles.
 */
import { exitCodes, ToolError } from '../errors.ts';
import type { Arrays } from './arrays.ts';
import { binaries } from './binary.ts';
import { Loop } from './loop.ts';

type LoopName = keyof typeof binaries;

const pageBytes = 65536;
/** The size of the chunk of records: it stays in a core's cache together with the other data that the loops use. */
const chunkBytes = 1 << 19;
/** The memory grows by at least this much: growing stops all threads for a moment, and unused pages take no memory. */
const growthPages = 64;
/** The limit of WebAssembly with 32-bit addresses, for which the binaries are compiled. */
const mostPages = 65536;

/** Loops that were disposed of, for use again: V8 does not see how large their memory is, and would free them late. */
const spare: Loops[] = [];

/**
 * Gives out loops with their initial settings and empty memory. Dispose of them for the next caller, whose arrays then
 * take the place of these.
 * @throws ToolError `no-memory` (exit 4) if there is no address space for their memory.
 */
export function takeLoops(): Loops {
  return spare.pop() ?? new Loops();
}

export class Loops implements Arrays, Disposable {
  /** The records that the loops work on are read into this array, from its start. */
  readonly chunk: Int32Array;
  readonly records: Loop;
  readonly receipts: Loop;
  readonly sends: Loop;
  readonly notes: Loop;
  readonly befallen: Loop;
  readonly known: Loop;
  readonly #memory = newMemory();
  /** The memory's buffers, also those from before it grew: arrays over these stay valid. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  /** The first addresses stay unused, so that no array has address 0. */
  #usedBytes = 64;
  /** The memory is zero from this address on. */
  #cleanFrom = 64;
  readonly #firstBytes: number;

  constructor() {
    this.chunk = this.int32(chunkBytes / 4);
    this.records = this.#loop('records');
    this.receipts = this.#loop('receipts');
    this.sends = this.#loop('sends');
    this.notes = this.#loop('notes');
    this.befallen = this.#loop('befallen');
    this.known = this.#loop('known');
    this.#firstBytes = this.#usedBytes;
  }

  [Symbol.dispose](): void {
    for (const loop of [this.records, this.receipts, this.sends, this.notes, this.befallen, this.known]) loop.reset();
    this.#usedBytes = this.#firstBytes;
    spare.push(this);
  }

  int32(length: number): Int32Array {
    return new Int32Array(...this.#take(length * 4), length);
  }

  uint32(length: number): Uint32Array {
    return new Uint32Array(...this.#take(length * 4), length);
  }

  float64(length: number): Float64Array {
    return new Float64Array(...this.#take(length * 8), length);
  }

  uint8(length: number): Uint8Array {
    return new Uint8Array(...this.#take(length), length);
  }

  /**
   * Allocates memory. Arrays are not freed one by one: they live as long as their audit.
   * @throws ToolError `history-too-large` (exit 4) if there is no more memory.
   */
  #take(sizeBytes: number): [buffer: ArrayBufferLike, at: number] {
    const at = this.#usedBytes;
    this.#usedBytes = at + Math.ceil(sizeBytes / 8) * 8;
    const missing = Math.ceil((this.#usedBytes - this.#memory.buffer.byteLength) / pageBytes);
    if (missing > 0) this.#grow(missing, mostPages - this.#memory.buffer.byteLength / pageBytes);
    const { buffer } = this.#memory;
    this.#buffers.add(buffer);
    if (at < this.#cleanFrom) new Uint8Array(buffer, at, Math.min(this.#usedBytes, this.#cleanFrom) - at).fill(0);
    this.#cleanFrom = Math.max(this.#cleanFrom, this.#usedBytes);
    return [buffer, at];
  }

  #grow(missing: number, left: number): void {
    try {
      this.#memory.grow(Math.max(missing, Math.min(growthPages, left)));
    } catch (cause) {
      throw new ToolError(`this history needs ${Math.ceil(this.#usedBytes / 2 ** 20)} MiB to audit: there is no more`, {
        code: 'history-too-large',
        hint: 'its loops take at most 4 GiB (docs/audit.md, Limits): free memory, or send fewer messages a run',
        exitCode: exitCodes.setup,
        cause,
      });
    }
  }

  #loop(name: LoopName): Loop {
    const { exports } = new WebAssembly.Instance(moduleOf(name), { env: { memory: this.#memory } });
    return new Loop(exports, this.chunk.byteOffset, this.#buffers);
  }
}

function newMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true });
  } catch (cause) {
    throw new ToolError('there is no address space for reading journals: it takes 10 GiB of it (not of memory)', {
      code: 'no-memory',
      hint: 'raise the limit: ulimit -v unlimited',
      exitCode: exitCodes.setup,
      cause,
    });
  }
}

const modules = new Map<LoopName, WebAssembly.Module>();

function moduleOf(name: LoopName): WebAssembly.Module {
  const known = modules.get(name);
  if (known !== undefined) return known;
  const made = new WebAssembly.Module(Buffer.from(binaries[name], 'base64'));
  modules.set(name, made);
  return made;
}
