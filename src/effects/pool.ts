/** A few connections, each for one call at a time: SQL servers answer one statement of a connection after the other. */
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

  async call<T>(work: (client: Client) => Promise<T>, signal?: AbortSignal, callMs?: number): Promise<T> {
    const connection = this.#free.pop() ?? (await this.#turn());
    try {
      return await connection.call(work, signal, callMs);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(connection);
      else next(connection);
    }
  }

  #turn(): Promise<Connection<Client>> {
    return new Promise((resolve, reject) => {
      const take = (connection: Connection<Client>): void => {
        clearTimeout(timer);
        resolve(connection);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        const message = `${this.#place}: all connections are busy for ${this.#callMs} ms; the call was not made`;
        reject(new StoreTrouble(message, { code: 'store-deadline', effect: 'none', hint: 'process fewer at once' }));
      }, this.#callMs);
      this.#waiting.push(take);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((connection) => connection[Symbol.asyncDispose]()));
  }
}
