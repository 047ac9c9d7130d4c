/** A few connections, each for one call at a time: SQL servers answer one statement of a connection after the other. */
import { noAbort, within } from '../wait.ts';
import { type Bounds, Connection, type Wire } from './connection.ts';
import { StoreTrouble } from './trouble.ts';
import type { WatchedStore } from './watch.ts';

export class Pool<Client> implements AsyncDisposable {
  readonly #place: string;
  readonly #callMs: number;
  readonly #all: readonly Connection<Client>[];
  readonly #free: Connection<Client>[];
  readonly #waiting: ((connection: Connection<Client>) => void)[] = [];

  constructor(wire: Wire<Client>, bounds: Bounds, count: number, watched?: WatchedStore) {
    this.#place = wire.place;
    // a call that waits for its turn waits for calls that may themselves wait for the store to come back
    this.#callMs = bounds.callMs + bounds.reconnectMs;
    this.#all = Array.from({ length: count }, () => new Connection(wire, bounds, watched));
    this.#free = [...this.#all];
  }

  async open(signal?: AbortSignal): Promise<void> {
    await this.#free.at(-1)?.open(signal); // the one that the first call takes
  }

  async call<T>(work: (client: Client) => Promise<T>, signal = noAbort, callMs?: number): Promise<T> {
    const connection = this.#free.pop() ?? (await this.#turn(signal));
    try {
      return await connection.call(work, signal, callMs);
    } finally {
      this.#release(connection);
    }
  }

  /** @throws StoreTrouble when none is free in time, or the signal aborts. */
  async #turn(signal: AbortSignal): Promise<Connection<Client>> {
    let take: (connection: Connection<Client>) => void = () => {};
    const turn = new Promise<Connection<Client>>((resolve) => {
      take = resolve;
    });
    this.#waiting.push(take);
    try {
      return await within(turn, { boundMs: this.#callMs, signal });
    } catch {
      const place = this.#waiting.indexOf(take);
      if (place >= 0) this.#waiting.splice(place, 1);
      else void turn.then((connection) => this.#release(connection)); // it came in the same moment
      const why = signal.aborted ? 'all connections are busy' : `all connections are busy for ${this.#callMs} ms`;
      const message = `${this.#place}: ${why}; the call was not made`;
      throw new StoreTrouble(message, { code: 'store-deadline', effect: 'none', hint: 'process fewer at once' });
    }
  }

  #release(connection: Connection<Client>): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((connection) => connection[Symbol.asyncDispose]()));
  }
}
