/**
 * How many bytes all connections of a node hold together: requests that have come, in part or whole, and are not answered
 * yet, and answers that were not read yet. It only counts; who asks decides.
 */
export class Memory {
  readonly #limitBytes: number;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isFull(): boolean {
    return this.#heldBytes >= this.#limitBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  /**
   * Holds what one answer may take now: so many bytes, or a quarter of what is left. Many that do not read their answers get
   * less and less, and so leave something to the others.
   */
  holdShare(bytes: number): number {
    const share = Math.max(0, Math.min(bytes, Math.floor((this.#limitBytes - this.#heldBytes) / 4)));
    this.hold(share);
    return share;
  }
}
