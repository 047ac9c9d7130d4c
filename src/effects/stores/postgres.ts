/** PostgreSQL, by `pg`. */
import type { Client } from 'pg';
import { messageOf } from '../../errors.ts';
import { type Address, loadClient, parseAddress } from '../access.ts';
import type { ConnectTrouble, Judgement, Wire } from '../connection.ts';
import { needAccess, unreachable } from './needs.ts';
import { readingBounds, readRows } from './reading.ts';
import { type Dialect, SqlServer } from './sql-server.ts';
import type { Row, StoreRequest, StoreType } from './store.ts';

const schemes = ['postgres', 'postgresql'];

export const postgres: StoreType = {
  name: 'postgres',
  alsoCalled: ['postgresql', 'pg', 'psql'],
  summary: 'PostgreSQL that is there already, by URL',
  family: 'sql',
  url: true,
  install: 'apt-get install postgresql',
  schemes,
  open: async (request) => SqlServer.open(await wired(request), dialect, request),
  rows: async function* (request) {
    const wire = await wired({ ...request, bounds: readingBounds });
    yield* readRows(
      wire,
      (client) => pagesOf(client, request.sql),
      (error) => lineOf(error, request.sql),
    );
  },
};

async function wired(request: Pick<StoreRequest, 'access' | 'bounds'>): Promise<Wire<Client>> {
  const address = parseAddress(needAccess('postgres', request), { name: 'postgres', schemes, port: 5432 });
  const pg = await loadClient('pg', async () => (await import('pg')).default);
  return wireOf(pg.Client, address, request);
}

const rowsAPage = 5000;
const declare = 'DECLARE mqchaos_rows NO SCROLL CURSOR FOR ';

/** By a cursor, so that a result of any size takes little memory. */
async function* pagesOf(client: Client, sql: string): AsyncGenerator<readonly Row[]> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  // the extended protocol takes one statement: several could leave the transaction
  const one = { text: `${declare}${sql}`, queryMode: 'extended' };
  await client.query(one);
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${rowsAPage} FROM mqchaos_rows`);
    if (rows.length === 0) break;
    yield rows;
  }
  await client.query('ROLLBACK');
}

/** Its position counts characters from 1. */
function lineOf(error: unknown, sql: string): number | undefined {
  const at = Number((error as { position?: unknown }).position) - 1 - declare.length;
  return at >= 0 ? sql.slice(0, at).split('\n').length : undefined;
}

/** Nothing makes it forget: every session of ours commits synchronously. */
const dialect: Dialect<Client> = {
  query: async (client, sql, values) => (await client.query({ text: numbered(sql), values: [...values] })).rows,
  version: ['SHOW server_version', (row) => `PostgreSQL ${String(row?.server_version)}`],
};

function wireOf(PgClient: typeof Client, address: Address, { bounds }: Pick<StoreRequest, 'bounds'>): Wire<Client> {
  return {
    place: address.place,
    connect: async (gone) => {
      const client = new PgClient({
        connectionString: address.url,
        connectionTimeoutMillis: bounds.connectMs,
        application_name: 'mqchaos',
        keepAlive: true,
      });
      client.on('error', gone); // a call that is in flight gets its own error
      client.on('end', gone);
      await client.connect();
      // a role may have it off: then an answer would prove nothing
      await client.query('SET synchronous_commit TO on');
      return client;
    },
    discard: (client) => {
      client.removeAllListeners('end');
      // end() waits for what is in flight, which may be what hangs; a torn socket says goodbye too
      void client.end().catch(() => {});
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    },
    judge: (error) => judge(stateOf(error)),
    judgeConnect: (error) => judgeConnect(stateOf(error), error),
    mask: address.mask,
  };
}

/**
 * By SQLSTATE (PostgreSQL, appendix A). An error answer to a statement that commits by itself means that it was rolled
 * back, but for those that end the session: class 08 (connection), 57 (operator intervention, where a commit may have
 * been waiting for a standby) and whatever has no state at all.
 */
function judge(state: string): Judgement {
  if (state === '23505' || state === '42P07') return 'duplicate'; // unique_violation, duplicate_table
  if (state === '40001' || state === '40P01' || state === '55P03') return 'busy'; // serialization, deadlock, lock
  if (!/^[0-9A-Z]{5}$/.test(state) || /^(08|57)/.test(state)) return 'lost';
  if (/^(58|XX)/.test(state)) return 'unsure'; // system error, internal error
  return 'refused';
}

function judgeConnect(state: string, error: unknown): ConnectTrouble {
  if (/^28/.test(state)) {
    const hint = 'user and password in the URL; pg_hba.conf of the server';
    return { code: 'store-login', text: `login refused: ${messageOf(error)}`, hint, passing: false };
  }
  if (state === '3D000') {
    const text = `there is no such database: ${messageOf(error)}`;
    return { code: 'store-database', text, hint: 'createdb NAME, or another name in the URL', passing: false };
  }
  return unreachable(error);
}

function stateOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? '');
}

/** `?, ?` → `$1, $2`. Our statements hold no other question marks. */
function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/\?/g, () => {
    count += 1;
    return `$${count}`;
  });
}
