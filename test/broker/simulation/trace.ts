import { createHash } from 'node:crypto';

/** What happened in a run, line by line, and a digest of everything, down to each chunk on the network. */
export class Trace {
  readonly lines: string[] = [];
  /** Starts that failed. */
  readonly starts: { readonly name: string; readonly error: unknown }[] = [];
  clock: () => number = () => 0;
  readonly #hash = createHash('sha256');

  say(text: string): void {
    const line = `${this.clock().toFixed(3).padStart(10)} ${text}`;
    this.lines.push(line);
    this.#hash.update(line);
  }

  /** Too fine for a line. */
  digest(text: string): void {
    this.#hash.update(text);
    this.#hash.update(String(this.clock()));
  }

  /** Equal for two runs that did the same, byte for byte, at the same times. To be called once. */
  end(): string {
    return this.#hash.digest('hex');
  }
}
