/**
 * Picks about one record in a thousand by counting, so that the same sequence of records gives the same picks. The first
 * pick comes after half a period: small tests see none, and a run of some thousand records sees some.
 */
export class Rarely {
  readonly #every: number;
  #count: number;

  constructor(every = 1000) {
    this.#every = every;
    this.#count = every / 2;
  }

  /** Whether one of the next `records` is picked. */
  picks(records: number): boolean {
    this.#count += records;
    if (this.#count < this.#every) return false;
    this.#count %= this.#every;
    return true;
  }
}
