/** Where the entries of an epoch begin. */
export interface EpochStart {
  readonly epoch: number;
  /** Position of its first entry. */
  readonly start: number;
}

/**
 * Which part of the log was written in which epoch. Derived from the epochs that the entries carry, so that it is right
 * for whatever log there is; two logs agree up to the end of the greatest epoch that both have (KIP-101).
 */
export class EpochHistory {
  #starts: EpochStart[] = [];
  #end: number;

  /** @param starts ascending, as `starts` once gave them; together with the end of the log at that time. */
  constructor(starts: readonly EpochStart[] = [], end = 0) {
    this.#starts = [...starts];
    this.#end = end;
  }

  /** Only epochs that have entries, ascending. */
  get starts(): readonly EpochStart[] {
    return this.#starts;
  }

  /** Epoch of the last entry; 0 when there is none. */
  get last(): number {
    return this.#starts.at(-1)?.epoch ?? 0;
  }

  /** Takes note of entries of one epoch from `position` to `end`; returns why they cannot be right. */
  take(epoch: number, position: number, end: number): string | undefined {
    if (epoch < this.last) return `epoch ${epoch} behind epoch ${this.last}`;
    if (this.#starts.length === 0 || epoch > this.last) this.#starts.push({ epoch, start: position });
    this.#end = end;
    return undefined;
  }

  /** The greatest epoch not above the asked one that has entries, and the end of its last; -1 and 0 when none has. */
  endOf(epoch: number): { readonly epoch: number; readonly end: number } {
    const after = this.#starts.findIndex((one) => one.epoch > epoch);
    const at = after < 0 ? this.#starts.length : after;
    const found = this.#starts[at - 1];
    if (found === undefined) return { epoch: -1, end: 0 };
    return { epoch: found.epoch, end: this.#starts[at]?.start ?? this.#end };
  }

  /** Forgets what was at and behind the position. */
  truncate(position: number): void {
    this.#starts = this.#starts.filter(({ start }) => start < position);
    this.#end = Math.min(this.#end, position);
  }
}
