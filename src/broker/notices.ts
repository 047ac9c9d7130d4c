/** How long the same notice is not told again: most clients try for ever. */
const quietMs = 60_000;
/** Bounds what strangers can make us remember. */
const rememberedLimit = 1000;

/** Tells each notice once a minute. */
export class Notices {
  readonly #print: (line: string) => void;
  readonly #toldAtMs = new Map<string, number>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Whether it was told now. */
  tell(line: string, nowMs: number): boolean {
    const toldAtMs = this.#toldAtMs.get(line);
    if (toldAtMs !== undefined && nowMs - toldAtMs < quietMs) return false;
    if (this.#toldAtMs.size >= rememberedLimit) this.#toldAtMs.clear();
    this.#toldAtMs.set(line, nowMs);
    this.#print(line);
    return true;
  }
}
