/** MariaDB and MySQL, by `mysql2`. */
import type { Connection as CoreConnection } from 'mysql2';
import type { Connection as Client, QueryResult } from 'mysql2/promise';
import { messageOf } from '../../errors.ts';
import { type Address, loadClient, parseAddress } from '../access.ts';
import type { ConnectTrouble, Judgement, Wire } from '../connection.ts';
import { needAccess, unreachable } from './needs.ts';
import { readingBounds, readRows } from './reading.ts';
import { type Dialect, SqlServer } from './sql-server.ts';
import type { Row, StoreRequest, StoreType } from './store.ts';

type Mysql = typeof import('mysql2/promise');

const schemes = ['mariadb', 'mysql'];

export const mariadb: StoreType = {
  name: 'mariadb',
  alsoCalled: ['mysql', 'maria'],
  summary: 'MariaDB or MySQL that is there already, by URL',
  family: 'sql',
  url: true,
  install: 'apt-get install mariadb-server',
  schemes,
  open: async (request) => SqlServer.open(await wired(request), dialect, request),
  rows: async function* (request) {
    const wire = await wired({ ...request, bounds: readingBounds });
    yield* readRows(wire, (client) => pagesOf(client, request.sql), lineOf);
  },
};

async function wired(request: Pick<StoreRequest, 'access' | 'bounds'>): Promise<Wire<Client>> {
  const address = parseAddress(needAccess('mariadb', request), { name: 'mariadb', schemes, port: 3306 });
  const mysql = await loadClient('mysql2', () => import('mysql2/promise'));
  return wireOf(mysql, address, request);
}

const rowsAPage = 5000;

/** The library takes one statement at a time: several are an error of syntax. */
async function* pagesOf(client: Client, sql: string): AsyncGenerator<readonly Row[]> {
  await client.query('SET SESSION TRANSACTION READ ONLY'); // whatever the statement ends, it is no way out
  await client.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  // numbers beyond 2^53 come as texts
  const { connection } = client as unknown as { readonly connection: CoreConnection };
  const rows = connection.query({ sql, supportBigNumbers: true }).stream({ highWaterMark: rowsAPage });
  let page: Row[] = [];
  for await (const row of rows) {
    page.push(row as Row);
    if (page.length < rowsAPage) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function lineOf(error: unknown): number | undefined {
  const line = / at line (\d+)$/.exec(messageOf(error))?.[1];
  return line === undefined ? undefined : Number(line);
}

const dialect: Dialect<Client> = {
  // not execute(): a number bound to a prepared statement goes as a double, and LIMIT refuses one
  query: async (client, sql, values) => rowsOf((await client.query(sql, [...values]))[0]),
  version: [
    'SELECT version() AS version',
    (row) => {
      const version = String(row?.version);
      return version.includes('MariaDB') ? version.replace(/^([0-9.]+)-MariaDB/, 'MariaDB $1') : `MySQL ${version}`;
    },
  ],
  durability: [
    'SELECT @@innodb_flush_log_at_trx_commit AS flush',
    (row) =>
      Number(row?.flush) === 0
        ? 'innodb_flush_log_at_trx_commit is 0: a server that is killed forgets a second of effects'
        : undefined,
  ],
};

function wireOf(mysql: Mysql, address: Address, { bounds }: Pick<StoreRequest, 'bounds'>): Wire<Client> {
  return {
    place: address.place,
    connect: async (gone) => {
      const client = await mysql.createConnection({ uri: address.url, connectTimeout: bounds.connectMs });
      client.on('error', gone); // a call that is in flight gets its own error
      client.on('end', gone);
      await client.query('SET autocommit = 1'); // a server may have it off
      return client;
    },
    discard: (client) => client.destroy(),
    judge,
    judgeConnect,
    mask: address.mask,
  };
}

/**
 * By error number (MariaDB Knowledge Base, "MariaDB Error Codes"). An answer to a statement that commits by itself means
 * that it was rolled back, but for those that end the session in whatever it does: shutdown, kill, timeout.
 */
const sessionEnds = new Set([1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1194, 1317, 1927, 4031]);

function judge(error: unknown): Judgement {
  const errno = numberOf(error);
  if (errno === 1062 || errno === 1050) return 'duplicate'; // ER_DUP_ENTRY, ER_TABLE_EXISTS_ERROR
  if (errno === 1205 || errno === 1213) return 'busy'; // lock wait timeout, deadlock: rolled back
  if (errno < 1000 || (errno >= 2000 && errno < 3000) || sessionEnds.has(errno)) return 'lost';
  return 'refused';
}

function judgeConnect(error: unknown): ConnectTrouble {
  const errno = numberOf(error);
  if (errno === 1045 || errno === 1044 || errno === 1698 || errno === 1130) {
    const hint = 'user and password in the URL; the rights of that user';
    return { code: 'store-login', text: `login refused: ${messageOf(error)}`, hint, passing: false };
  }
  if (errno === 1049 || errno === 1046) {
    const text = `there is no such database: ${messageOf(error)}`;
    return { code: 'store-database', text, hint: 'CREATE DATABASE name, or another name in the URL', passing: false };
  }
  return unreachable(error);
}

/** Numbers below 1000 are the system's (ECONNREFUSED is -111), 2000 to 2999 the client's. */
function numberOf(error: unknown): number {
  const { errno } = error as { errno?: unknown };
  return typeof errno === 'number' ? errno : 0;
}

function rowsOf(result: QueryResult): Row[] {
  return Array.isArray(result) ? (result as Row[]) : [];
}
