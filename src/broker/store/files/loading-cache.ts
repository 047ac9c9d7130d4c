/**
 * Keeps pieces of files in memory. A piece is loaded when it is first asked for, and the least recently used one is
 * dropped first. Callers that ask for a piece while it is being loaded share that load. A piece that could not be loaded
 * is not kept.
 */
export class LoadingCache {
  readonly #limit: number;
  readonly #pieces = new Map<number, Buffer | Promise<Buffer>>();

  /** @param limit how many pieces are kept; at least one */
  constructor(limit: number) {
    this.#limit = Math.max(1, Math.floor(limit));
  }

  get(key: number, load: () => Promise<Buffer>): Buffer | Promise<Buffer> {
    const known = this.#pieces.get(key);
    this.#pieces.delete(key);
    const piece = known ?? this.#load(key, load);
    this.#pieces.set(key, piece);
    if (this.#pieces.size > this.#limit) {
      const oldest = this.#pieces.keys().next();
      if (oldest.done !== true) this.#pieces.delete(oldest.value);
    }
    return piece;
  }

  clear(): void {
    this.#pieces.clear();
  }

  #load(key: number, load: () => Promise<Buffer>): Promise<Buffer> {
    const loading: Promise<Buffer> = load().then(
      (data) => {
        if (this.#pieces.get(key) === loading) this.#pieces.set(key, data);
        return data;
      },
      (error: unknown) => {
        if (this.#pieces.get(key) === loading) this.#pieces.delete(key);
        throw error;
      },
    );
    return loading;
  }
}
