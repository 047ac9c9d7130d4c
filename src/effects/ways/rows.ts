/** The effect in an SQL store: a row for each message, in one table whose key is the only difference between the ways. */
import type { EffectMessage, Holding } from '../message.ts';
import { placeId } from '../message.ts';
import { type CallOptions, longCallMs, type SqlStore } from '../stores/store.ts';
import { DuplicateKey, StoreTrouble } from '../trouble.ts';

/** What the table forbids. Without a key there is still an index, so that a look-up costs the same. */
const keys = {
  none: { columns: '', index: (table: string) => `CREATE INDEX ${table}_i ON ${table} (producer, seq)` },
  primary: { columns: ', PRIMARY KEY (producer, seq)', index: undefined },
  unique: { columns: ', UNIQUE (producer, seq)', index: undefined },
  'unique-place': {
    columns: ', UNIQUE (place)',
    index: (table: string) => `CREATE INDEX ${table}_i ON ${table} (producer, seq)`,
  },
} as const;

const pageRows = 5000;

export class Rows {
  readonly #store: SqlStore;
  readonly #key: keyof typeof keys;

  constructor(store: SqlStore, key: keyof typeof keys) {
    this.#store = store;
    this.#key = key;
  }

  async prepare(options: CallOptions): Promise<void> {
    const { name: table, place } = this.#store;
    const { columns, index } = keys[this.#key];
    const definition = `producer BIGINT NOT NULL, seq BIGINT NOT NULL, version BIGINT NOT NULL, place VARCHAR(64)${columns}`;
    try {
      await this.#store.run(`CREATE TABLE ${table} (${definition})`, [], options);
      if (index !== undefined) await this.#store.run(index(table), [], options);
    } catch (error) {
      if (error instanceof StoreTrouble && error.code === 'store-refused') throw withoutRight(error);
      if (!(error instanceof DuplicateKey)) throw error;
      throw new StoreTrouble(`${place}: there is a table ${table} already; it was left as it is`, {
        code: 'effects-exist',
        effect: 'none',
        hint: 'every run has a name of its own: remove what an earlier one left, or use another name',
      });
    }
  }

  async has({ producer, seq }: EffectMessage, options: CallOptions): Promise<boolean> {
    const sql = `SELECT seq FROM ${this.#store.name} WHERE producer = ? AND seq = ? LIMIT 1`;
    return (await this.#store.run(sql, [producer, seq], options)).length > 0;
  }

  /** False when the key is there already: the table is as it was. */
  async insert(message: EffectMessage, options: CallOptions): Promise<boolean> {
    const { producer, seq, version } = message;
    const place = message.place?.position === undefined ? null : placeId(message);
    const sql = `INSERT INTO ${this.#store.name} (producer, seq, version, place) VALUES (?, ?, ?, ?)`;
    try {
      await this.#store.run(sql, [producer, seq, version, place], options);
      return true;
    } catch (error) {
      if (error instanceof DuplicateKey) return false;
      throw error;
    }
  }

  /** The same row again, whatever was in it. */
  async update({ producer, seq, version }: EffectMessage, options: CallOptions): Promise<void> {
    const sql = `UPDATE ${this.#store.name} SET version = ? WHERE producer = ? AND seq = ?`;
    await this.#store.run(sql, [version, producer, seq], options);
  }

  /** In pages by key, so that neither side holds it all; producer by producer, which every planner understands. */
  async *read({ signal }: CallOptions): AsyncGenerator<Holding> {
    const table = this.#store.name;
    const options = { signal, callMs: longCallMs };
    const next = `SELECT MIN(producer) AS producer FROM ${table} WHERE producer > ?`;
    const page = `SELECT seq, COUNT(*) AS times FROM ${table} WHERE producer = ? AND seq > ? GROUP BY seq ORDER BY seq LIMIT ${pageRows}`;
    for (let producer = -1; ; ) {
      const [first] = await this.#store.run(next, [producer], options);
      if (first?.producer === null || first?.producer === undefined) return;
      producer = Number(first.producer);
      for (let seq = -1, full = true; full; ) {
        const rows = await this.#store.run(page, [producer, seq], options);
        full = rows.length === pageRows;
        for (const row of rows) {
          seq = Number(row.seq);
          yield { kind: 'effect', producer, seq, times: Number(row.times) };
        }
      }
    }
  }
}

function withoutRight({ message }: StoreTrouble): StoreTrouble {
  const hint = 'its user needs the right to create tables (PostgreSQL: GRANT CREATE ON SCHEMA public TO …)';
  return new StoreTrouble(message, { code: 'store-refused', effect: 'none', hint });
}
