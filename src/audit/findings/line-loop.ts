/**
 * Runs one WebAssembly loop that writes lines, flushes its buffer, and tells it which findings would become examples.
 */
import type { Arrays } from '../../loops/arrays.ts';
import { type Loop, unsignedIn } from '../../loops/loop.ts';
import type { FindingClass } from '../class.ts';
import type { Findings } from './finding.ts';
import type { Lines } from './lines.ts';

export class LineLoop {
  readonly #loop: Loop;
  readonly #lines: Lines;
  readonly #findings: Findings;
  /** By kind of line: its class. */
  readonly #classes: readonly FindingClass[];
  readonly #heaviest: Int32Array;
  readonly #attributed: Uint32Array;
  #examplesFound = -1;
  /** Settings of the loop: the address of the next line, and the address from which on no line may begin. */
  readonly #out: { value: number };
  readonly #outLimit: { value: number };

  constructor(loop: Loop, classes: readonly FindingClass[], lines: Lines, findings: Findings, arrays: Arrays) {
    this.#loop = loop;
    this.#lines = lines;
    this.#findings = findings;
    this.#classes = classes;
    this.#heaviest = arrays.int32(classes.length);
    this.#attributed = arrays.uint32(classes.length);
    loop.set({ heaviest: this.#heaviest, attributed: this.#attributed });
    this.#out = loop.setting('out');
    this.#outLimit = loop.setting('outLimit');
  }

  /** Lets the loop write lines about items [from, end). Returns the first item that it left; `end` if it left none. */
  run(from: number, end: number): number {
    const { bytes } = this.#lines;
    this.#lookForExamples();
    let at = from;
    while (at < end) {
      this.#out.value = bytes.address;
      this.#outLimit.value = bytes.address + bytes.spare;
      at = this.#loop.call(at, end);
      bytes.put(unsignedIn(this.#out) - bytes.address);
      if (bytes.spare > 0) break;
      bytes.flush();
    }
    return at;
  }

  /** Adds the counts of the loop to the findings. Call it once, after the last line. */
  finish(): void {
    for (const [kind, name] of this.#classes.entries())
      this.#findings.addAttributed(name, this.#attributed[kind] as number);
  }

  /** Tells the loop how much a line may weigh without becoming an example. That changes with each new example. */
  #lookForExamples(): void {
    const { examplesFound } = this.#findings;
    if (this.#examplesFound === examplesFound) return;
    this.#examplesFound = examplesFound;
    for (const [kind, name] of this.#classes.entries())
      this.#heaviest[kind] = Math.floor(this.#findings.heaviest(name));
  }
}
