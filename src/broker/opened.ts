/**
 * What a start has opened so far, closed in reverse order if the start fails half way, or by whoever it is moved to.
 * (AsyncDisposableStack, which Node 20 does not have.)
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

  /** From here on the returned one is to be disposed of, and this one is empty. */
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
