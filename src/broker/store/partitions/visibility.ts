/** Holds entries that consumers do not see before they are protected. */
export interface Shown {
  /** Makes visible what lies below the position. Returns whether something is still held back. */
  show(position: number): boolean;
}

/** Remembers who holds entries back, so that an advance of the protected position visits only those. */
export class Visibility {
  readonly #keepingBack = new Set<Shown>();

  /** To be called by whoever has taken an entry that is not visible yet. */
  keepsBack(one: Shown): void {
    this.#keepingBack.add(one);
  }

  show(position: number): void {
    for (const one of this.#keepingBack) if (!one.show(position)) this.#keepingBack.delete(one);
  }
}
