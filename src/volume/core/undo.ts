import { firstEndingAt, type Range } from './ranges.ts';

/** What a range of a file held on the disk; null: zeros. */
export interface Kept extends Range {
  readonly bytes: Buffer | null;
}

/** What the disk holds of a file where its current bytes are others: sorted, disjoint, below the durable size. */
export class Undo {
  #kept: Kept[] = [];
  #heldBytes = 0;

  get all(): readonly Kept[] {
    return this.#kept;
  }

  /** Memory that it takes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The parts of a range of which nothing is kept yet. */
  missing(start: number, end: number): Range[] {
    const gaps: Range[] = [];
    let at = start;
    for (let index = firstEndingAt(this.#kept, start + 1); at < end; index++) {
      const next = this.#kept[index];
      if (next === undefined || next.start >= end) {
        gaps.push({ start: at, end });
        break;
      }
      if (next.start > at) gaps.push({ start: at, end: next.start });
      at = Math.max(at, next.end);
    }
    return gaps;
  }

  /** @param bytes of the range, which must be missing. Zeros take no memory. */
  keep({ start, end }: Range, bytes: Buffer): void {
    const index = firstEndingAt(this.#kept, start + 1);
    const zeros = isZero(bytes);
    const before = this.#kept[index - 1];
    if (zeros && before !== undefined && before.end === start && before.bytes === null) {
      this.#kept[index - 1] = { start: before.start, end, bytes: null };
      return;
    }
    this.#kept.splice(index, 0, { start, end, bytes: zeros ? null : bytes });
    if (!zeros) this.#heldBytes += bytes.length;
  }

  /** The kept byte at a place can be changed: what is damaged at rest is damaged on the disk. */
  damage(at: number, change: (byte: number) => number): void {
    const index = firstEndingAt(this.#kept, at + 1);
    const kept = this.#kept[index];
    if (kept === undefined || kept.start > at) return;
    const bytes = kept.bytes ?? Buffer.alloc(kept.end - kept.start);
    if (kept.bytes === null) this.#heldBytes += bytes.length;
    bytes[at - kept.start] = change(bytes[at - kept.start] ?? 0);
    this.#kept[index] = { ...kept, bytes };
  }

  clear(): void {
    this.#kept = [];
    this.#heldBytes = 0;
  }
}

const zeros = Buffer.alloc(65_536);

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const part = bytes.subarray(at, at + zeros.length);
    if (part.compare(zeros, 0, part.length) !== 0) return false;
  }
  return true;
}
