/** What a command of the user's does wrong: told one by one at first, and in the end by how many more there were. */
const mostTold = 5;

export class Complaints {
  readonly #tell: (text: string, lost: boolean) => void;
  #count = 0;
  #told = 0;
  #hasLost = false;

  /** @param tell a line in full; `lost`: nobody knows what it was meant to say. */
  constructor(tell: (text: string, lost: boolean) => void) {
    this.#tell = tell;
  }

  readonly add = (text: string, lost: boolean): void => {
    this.#count += 1;
    const isNews = lost && !this.#hasLost; // what it means for the evidence must be known, however many came before
    if (this.#told >= mostTold && !isNews) return;
    this.#told += 1;
    this.#hasLost ||= lost;
    this.#tell(text, lost);
  };

  finish(): void {
    const more = this.#count - this.#told;
    if (more > 0) this.#tell(`and ${more} more of the kind`, false);
  }
}
