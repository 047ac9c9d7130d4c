/** PostgreSQL, by `pg`. */
import type { Client } from 'pg';
import { messageOf } from '../../errors.ts';
import { type Address, loadClient, parseAddress } from '../access.ts';
import type { ConnectTrouble, Judgement, Wire } from '../connection.ts';
import { needAccess, unreachable } from './needs.ts';
import { type Dialect, SqlServer } from './sql-server.ts';
import type { StoreRequest, StoreType } from './store.ts';

export const postgres: StoreType = {
  name: 'postgres',
  alsoCalled: ['postgresql', 'pg', 'psql'],
  summary: 'PostgreSQL that is there already, by URL',
  family: 'sql',
  url: true,
  install: 'apt-get install postgresql',
  open: async (request) => {
    const access = needAccess('postgres', request);
    const address = parseAddress(access, { name: 'postgres', schemes: ['postgres', 'postgresql'], port: 5432 });
    const pg = await loadClient('pg', async () => (await import('pg')).default);
    return SqlServer.open(wireOf(pg.Client, address, request), dialect, request);
  },
};

/** Nothing makes it forget: every session of ours commits synchronously. */
const dialect: Dialect<Client> = {
  query: async (client, sql, values) => (await client.query({ text: numbered(sql), values: [...values] })).rows,
  version: ['SHOW server_version', (row) => `PostgreSQL ${String(row?.server_version)}`],
};

function wireOf(PgClient: typeof Client, address: Address, { bounds }: StoreRequest): Wire<Client> {
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
