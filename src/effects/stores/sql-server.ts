/** A SQL server that is there already: what PostgreSQL and MariaDB have in common. */
import type { Wire } from '../connection.ts';
import { Pool } from '../pool.ts';
import { type CallOptions, longCallMs, type Row, type SqlStore, type SqlValue, type StoreRequest } from './store.ts';

export interface Dialect<Client> {
  /** One statement, which commits by itself. */
  query(client: Client, sql: string, values: readonly SqlValue[]): Promise<readonly Row[]>;
  /** A statement with one row, and what the row says. */
  readonly version: readonly [sql: string, name: (row: Row | undefined) => string];
  /** The same of why it would forget what it answered; undefined where a session of ours cannot be made to. */
  readonly durability?: readonly [sql: string, why: (row: Row | undefined) => string | undefined];
}

export class SqlServer<Client> implements SqlStore {
  readonly family = 'sql';
  readonly place: string;
  readonly name: string;
  readonly #pool: Pool<Client>;
  readonly #dialect: Dialect<Client>;

  private constructor(wire: Wire<Client>, dialect: Dialect<Client>, request: StoreRequest) {
    this.place = wire.place;
    this.name = request.name;
    this.#pool = new Pool(wire, request.bounds, request.connections, request.watch?.of(wire.place));
    this.#dialect = dialect;
  }

  /** Connects with one try. @throws StoreTrouble that says what is wrong and what to do. */
  static async open<C>(wire: Wire<C>, dialect: Dialect<C>, request: StoreRequest): Promise<SqlServer<C>> {
    const store = new SqlServer(wire, dialect, request);
    await store.#pool.open(request.signal);
    return store;
  }

  async version(signal?: AbortSignal): Promise<string> {
    const [sql, name] = this.#dialect.version;
    return name((await this.run(sql, [], { signal }))[0]);
  }

  async durability(signal?: AbortSignal): Promise<string | undefined> {
    if (this.#dialect.durability === undefined) return undefined;
    const [sql, why] = this.#dialect.durability;
    const reason = why((await this.run(sql, [], { signal }))[0]);
    return reason === undefined ? undefined : `${this.place}: ${reason}`;
  }

  run(sql: string, values: readonly SqlValue[], { signal, callMs }: CallOptions = {}): Promise<readonly Row[]> {
    return this.#pool.call((client) => this.#dialect.query(client, sql, values), signal, callMs);
  }

  async remove(signal?: AbortSignal): Promise<void> {
    await this.run(`DROP TABLE IF EXISTS ${this.name}`, [], { signal, callMs: longCallMs });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool[Symbol.asyncDispose]();
  }
}
