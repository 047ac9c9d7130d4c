/**
 * The resources that a start has opened so far. Disposing closes them in reverse order: if the start fails half way, or
 * later through the object that `move` returned. (Node 20 has no AsyncDisposableStack.)
 */
export class Opened implements AsyncDisposable {
  #closers: (() => void | PromiseLike<void>)[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.#closers.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(close: () => void | PromiseLike<void>): void {
    this.#closers.push(close);
  }

  /** Moves all resources to the returned object, which is to be disposed of instead of this one. */
  move(): AsyncDisposable {
    const moved = new Opened();
    moved.#closers = this.#closers;
    this.#closers = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) await close();
  }
}
