/** Where the entries of a leader epoch begin. */
export interface EpochStart {
  readonly epoch: number;
  /** Position of its first entry. */
  readonly start: number;
}

/**
 * Knows which part of the log was written in which leader epoch. It is derived from the epochs that the entries carry, so
 * it always fits the log. Two logs are equal up to the end of the greatest epoch that both have entries of (KIP-101).
 */
export class EpochHistory {
  #starts: EpochStart[] = [];
  #end: number;

  /** @param starts ascending, as the getter `starts` returned them when the log ended at `end` */
  constructor(starts: readonly EpochStart[] = [], end = 0) {
    this.#starts = [...starts];
    this.#end = end;
  }

  /** The epochs that have entries, ascending. */
  get starts(): readonly EpochStart[] {
    return this.#starts;
  }

  /** The epoch of the last entry; 0 when there is no entry. */
  get last(): number {
    return this.#starts.at(-1)?.epoch ?? 0;
  }

  /** Takes note of entries of one epoch from `position` to `end`. Returns why they cannot be right, if so. */
  take(epoch: number, position: number, end: number): string | undefined {
    if (epoch < this.last) return `epoch ${epoch} behind epoch ${this.last}`;
    if (this.#starts.length === 0 || epoch > this.last) this.#starts.push({ epoch, start: position });
    this.#end = end;
    return undefined;
  }

  /**
   * The greatest epoch that has entries and is not above the given one, and the position after its last entry. -1 and 0
   * when there is no such epoch.
   */
  endOf(epoch: number): { readonly epoch: number; readonly end: number } {
    const after = this.#starts.findIndex((one) => one.epoch > epoch);
    const at = after < 0 ? this.#starts.length : after;
    const found = this.#starts[at - 1];
    if (found === undefined) return { epoch: -1, end: 0 };
    return { epoch: found.epoch, end: this.#starts[at]?.start ?? this.#end };
  }

  /** Forgets the entries from the position on. */
  truncate(position: number): void {
    this.#starts = this.#starts.filter(({ start }) => start < position);
    this.#end = Math.min(this.#end, position);
  }
}
