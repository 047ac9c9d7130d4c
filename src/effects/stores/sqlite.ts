/**
 * SQLite, embedded, by `libsql`: prebuilt for every platform, and its file opens at once after kill -9 of a writer. The
 * write-ahead log lets several processes work on one file; `synchronous = NORMAL` survives any kill of a process, not a
 * power cut of the machine.
 */
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type Database from 'libsql';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import { loadClient } from '../access.ts';
import { Connection, type Judgement, type Wire } from '../connection.ts';
import { readingBounds, readRows } from './reading.ts';
import {
  type CallOptions,
  longCallMs,
  type Row,
  type SqlStore,
  type SqlValue,
  type StoreRequest,
  type StoreType,
} from './store.ts';

/** Blocks the process, and so its heartbeats: kept short, the rest is waited for in turns. */
const busyMs = 50;

type Client = { readonly database: Database.Database; readonly statements: Map<string, Database.Statement> };

export const sqlite: StoreType = {
  name: 'sqlite',
  alsoCalled: ['sqlite3', 'libsql', 'file'],
  summary: 'a file of the run; nothing to install',
  family: 'sql',
  url: false,
  install: 'npm install libsql',
  open: (request) => SqliteStore.open(request),
  rows: async function* ({ file = '', sql }) {
    const { default: Libsql } = await loadClient('libsql', () => import('libsql'));
    yield* readRows(
      readingWire(Libsql, file),
      (database) => pagesOf(database, sql),
      () => undefined,
    );
  },
};

const rowsAPage = 5000;

async function* pagesOf(database: Database.Database, sql: string): AsyncGenerator<readonly Row[]> {
  const statement = database.prepare(sql).safeIntegers(true);
  if (!statement.reader) throw new Error('it has no rows');
  let page: Row[] = [];
  for (const row of statement.iterate()) {
    page.push(row as Row);
    if (page.length < rowsAPage) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Somebody's own file: nothing of it is written, and one that is not there is not made (https://sqlite.org/uri.html). */
function readingWire(Libsql: typeof Database, file: string): Wire<Database.Database> {
  return {
    ...{ place: `sqlite in ${file}`, judge },
    judgeConnect: (error) => ({
      code: 'store-unreachable',
      text: `cannot be opened: ${messageOf(error)}`,
      hint: 'is it an SQLite database, and may it be read?',
      passing: false,
    }),
    connect: async () => new Libsql(`${pathToFileURL(file).href}?mode=ro`, { timeout: readingBounds.connectMs }),
    discard: (database) => void (database.open && database.close()),
    mask: (text) => text,
  };
}

class SqliteStore implements SqlStore {
  readonly family = 'sql';
  readonly place: string;
  readonly name: string;
  readonly #connection: Connection<Client>;

  constructor(wire: Wire<Client>, request: StoreRequest) {
    this.place = wire.place;
    this.name = request.name;
    this.#connection = new Connection(wire, request.bounds, request.watch?.of(wire.place));
  }

  static async open(request: StoreRequest): Promise<SqliteStore> {
    if (request.file === undefined) {
      const hint = 'sqlite is a file of the run';
      throw new ToolError('sqlite needs a file', { code: 'store-file', hint, exitCode: exitCodes.setup });
    }
    const { default: Libsql } = await loadClient('libsql', () => import('libsql'));
    const store = new SqliteStore(wireOf(Libsql, request.file), request);
    await store.#connection.open(request.signal);
    return store;
  }

  async version(): Promise<string> {
    const [row] = await this.run('SELECT sqlite_version() AS version', []);
    return `SQLite ${String(row?.version)}`;
  }

  run(sql: string, values: readonly SqlValue[], { signal, callMs }: CallOptions = {}): Promise<readonly Row[]> {
    return this.#connection.call(
      async ({ database, statements }) => {
        const statement = statements.get(sql) ?? database.prepare(sql);
        statements.set(sql, statement);
        if (statement.reader) return statement.all(...values) as Row[];
        statement.run(...values);
        return [];
      },
      signal,
      callMs,
    );
  }

  async durability(): Promise<undefined> {
    return undefined;
  }

  async remove(signal?: AbortSignal): Promise<void> {
    await this.run(`DROP TABLE IF EXISTS ${this.name}`, [], { signal, callMs: longCallMs });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]();
  }
}

function wireOf(Libsql: typeof Database, file: string): Wire<Client> {
  return {
    place: `sqlite in ${file}`,
    connect: async () => {
      const database = new Libsql(file, { timeout: busyMs });
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = NORMAL');
      return { database, statements: new Map() };
    },
    discard: ({ database, statements }) => {
      statements.clear();
      if (database.open) database.close();
    },
    judge: (error) => (/^table \S+ already exists/.test(messageOf(error)) ? 'duplicate' : judge(codeOf(error))),
    judgeConnect: (error) => ({
      code: 'store-unreachable',
      text: `cannot be opened: ${messageOf(error)}`,
      hint: `is ${dirname(file)} a folder that can be written to, and the file an SQLite database?`,
      passing: codeOf(error).startsWith('SQLITE_BUSY'),
    }),
    mask: (text) => text,
  };
}

/** An embedded database answers or fails in this process: only an error of the disk leaves open what was done. */
function judge(code: string): Judgement {
  if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_UNIQUE') return 'duplicate';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'busy';
  return code.startsWith('SQLITE_IOERR') ? 'lost' : 'refused';
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? '');
}
