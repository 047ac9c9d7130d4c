/**
 * Picks about one record in a thousand, by counting: the same ones whenever records come in the same order. Half a period
 * passes before the first, so that a small test sees none and a run of some thousands does.
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
