/** What keeps back its newest entries until they are protected. */
export interface Shown {
  /** Shows what is below the position; returns whether something is still kept back. */
  show(position: number): boolean;
}

/** Those that keep something back, so that an advance of the protected position visits nobody else. */
export class Visibility {
  readonly #keepingBack = new Set<Shown>();

  /** It has taken an entry that is not shown yet. */
  keepsBack(one: Shown): void {
    this.#keepingBack.add(one);
  }

  show(position: number): void {
    for (const one of this.#keepingBack) if (!one.show(position)) this.#keepingBack.delete(one);
  }
}
