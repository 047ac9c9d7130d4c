/** Half-open range of bytes of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A set of bytes, as sorted ranges that neither overlap nor touch. */
export class Ranges {
  #ranges: Range[] = [];
  #totalBytes = 0;

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get all(): readonly Range[] {
    return this.#ranges;
  }

  add(start: number, end: number): void {
    if (end <= start) return;
    const from = firstEndingAt(this.#ranges, start);
    let to = from;
    let merged: Range = { start, end };
    for (let range = this.#ranges[to]; range !== undefined && range.start <= end; range = this.#ranges[++to]) {
      merged = { start: Math.min(merged.start, range.start), end: Math.max(merged.end, range.end) };
      this.#totalBytes -= range.end - range.start;
    }
    this.#ranges.splice(from, to - from, merged);
    this.#totalBytes += merged.end - merged.start;
  }

  /** Forgets everything from a place on. */
  cut(at: number): void {
    const kept = this.#ranges
      .filter(({ start }) => start < at)
      .map(({ start, end }) => ({ start, end: Math.min(end, at) }));
    this.#ranges = kept;
    this.#totalBytes = kept.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  clear(): void {
    this.#ranges = [];
    this.#totalBytes = 0;
  }
}

/** Index of the first of sorted, disjoint ranges that ends at the place or behind it. */
export function firstEndingAt(ranges: readonly Range[], place: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.end ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
