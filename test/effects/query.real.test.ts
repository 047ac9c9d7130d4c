/** Effects asked of real databases, which stay as they are: SQLite, PostgreSQL, MariaDB. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AskedEffect, effectsQuery } from '../../src/effects/asked/query.ts';
import { ToolError } from '../../src/errors.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { Workspace } from '../support/tool.ts';
import { missingServer, password, serverKinds, type TestServer } from './support/servers.ts';

const folder = mkdtempSync(join(tmpdir(), 'mqchaos-asked-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** More than a page, one of them twice, and ids that a double does not hold. */
const ids = Array.from({ length: 12_000 }, (_, at) => String(9_007_199_254_740_993n + BigInt(at)));
const twice = ids[7] as string;

interface Asked {
  /** What stands before the query. */
  readonly where: string;
  readonly env: Record<string, string>;
  /** Carries out a statement as the application would. */
  run(sql: string): Promise<void>;
  count(): Promise<number>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const databases = {
  sqlite: async (): Promise<Asked> => {
    const file = join(folder, 'bookings.db');
    const database = new Database(file);
    return {
      ...{ where: `-- file: ${file}`, env: {} },
      run: async (sql) => void database.exec(sql),
      count: async () => Number((database.prepare('select count(*) as n from bookings').get() as { n: number }).n),
      [Symbol.asyncDispose]: async () => void database.close(),
    };
  },
  postgres: async (): Promise<Asked> => {
    const server = await serverKinds.postgres.launch();
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    return {
      ...asked(server),
      run: async (sql) => void (await client.query(sql)),
      count: async () => Number((await client.query('select count(*) as n from bookings')).rows[0].n),
      [Symbol.asyncDispose]: async () => {
        await client.end();
        await server[Symbol.asyncDispose]();
      },
    };
  },
  mariadb: async (): Promise<Asked> => {
    const server = await serverKinds.mariadb.launch();
    const client = await mysql.createConnection(server.url.replace('mariadb:', 'mysql:'));
    return {
      ...asked(server),
      run: async (sql) => void (await client.query(sql)),
      count: async () => {
        const [rows] = await client.query('select count(*) as n from bookings');
        return Number((rows as { n: number }[])[0]?.n);
      },
      [Symbol.asyncDispose]: async () => {
        await client.end();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};

function asked({ url }: TestServer): Pick<Asked, 'where' | 'env'> {
  return { where: `-- url: \${BOOKINGS_URL}`, env: { BOOKINGS_URL: url } };
}

for (const store of ['sqlite', 'postgres', 'mariadb'] as const) {
  const missing = store === 'sqlite' ? undefined : missingServer(serverKinds[store]);
  describe.skipIf(missing !== undefined)(`${store}${missing === undefined ? '' : `: skipped, ${missing}`}`, () => {
    let database: Asked;

    beforeAll(async () => {
      database = await databases[store]();
      await database.run('create table bookings (order_id bigint not null, note varchar(20))');
      for (let at = 0; at < ids.length; at += 1000) {
        const rows = ids.slice(at, at + 1000).map((id) => `(${id}, null)`);
        await database.run(`insert into bookings values ${rows.join(', ')}`);
      }
      await database.run(`insert into bookings values (${twice}, 'again')`);
    });
    afterAll(async () => database[Symbol.asyncDispose]());

    async function answered(...sql: string[]): Promise<AskedEffect[]> {
      const path = join(folder, `${store}.sql`);
      writeFileSync(path, [database.where, ...sql].join('\n'));
      const effects: AskedEffect[] = [];
      for await (const page of effectsQuery(path, database.env).rows()) effects.push(...page);
      return effects;
    }

    async function refused(...sql: string[]): Promise<ToolError> {
      const error = await answered(...sql).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      expect(error).toBeInstanceOf(ToolError);
      const { message, hint } = error as ToolError;
      for (const secret of [password, encodeURIComponent(password)]) expect(`${message} ${hint}`).not.toContain(secret);
      return error as ToolError;
    }

    test('a row an effect, or counted; ids as they are', async () => {
      const rows = await answered('select order_id as id', 'from bookings');
      expect(rows).toHaveLength(ids.length + 1);
      const counted = await answered('select order_id as id, count(*) as count from bookings group by order_id;');
      expect(new Map(counted.map(({ id, count }) => [id, count]))).toEqual(
        new Map(ids.map((id) => [id, id === twice ? 2 : 1])),
      );
    });

    test('what is wrong is said with the line of the file', async () => {
      const place = join(folder, `${store}.sql`);
      const unknown = await refused('select order_id as id,', '  count(*) as count', 'from booking', 'group by 1');
      expect(unknown).toMatchObject({ code: 'query-refused', exitCode: 2 });
      // only PostgreSQL says where
      expect(unknown.message).toContain(`${place}:${store === 'postgres' ? 4 : 2}: ${store}`);
      expect(unknown.message).toContain('booking');
      const column = await refused('select order_id as id, 1 as cnt from bookings');
      expect(column).toMatchObject({ code: 'effects-row', message: `${place}:2: row 1 has a column 'cnt'` });
      expect(await refused('select note as id from bookings')).toMatchObject({
        message: `${place}:2: row 1 has no id`,
      });
      expect(await refused('select order_id as id, 0 as count from bookings')).toMatchObject({
        message: `${place}:2: row 1 has the count 0`,
      });
    });

    test('nothing can be written', async () => {
      const before = await database.count();
      if (store === 'sqlite') {
        const digest = (): string =>
          createHash('sha256')
            .update(readFileSync(join(folder, 'bookings.db')))
            .digest('hex');
        const whole = digest();
        expect(await answered('select order_id as id from bookings limit 1')).toHaveLength(1);
        expect(digest()).toBe(whole);
        return;
      }
      const body = `insert into bookings values (1, 'written')`;
      await database.run(
        store === 'postgres'
          ? `create function written() returns int as $$ ${body} returning 1 $$ language sql`
          : `create function written() returns int modifies sql data begin ${body}; return 1; end`,
      );
      const error = await refused('select written() as id');
      expect(error).toMatchObject({ code: 'query-refused', message: expect.stringMatching(/read.only/i) });
      if (store === 'postgres') {
        const deleting = await refused(
          'with gone as (delete from bookings returning order_id)',
          'select order_id as id from gone',
        );
        expect(deleting.code).toBe('query-refused');
      }
      expect(await database.count()).toBe(before);
    });

    test('the audit judges them as it does a file of effects', async () => {
      using workspace = new Workspace();
      const write = (name: string, lines: readonly object[]): void =>
        writeFileSync(join(workspace.folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const received = [...ids, 'unprocessed'];
      write(
        'sent',
        received.map((id) => ({ id, outcome: 'acked' })),
      );
      write(
        'received',
        received.map((id) => ({ id, group: 'billing' })),
      );
      writeFileSync(join(workspace.folder, 'booked.sql'), `${database.where}\nselect order_id as id from bookings\n`);
      const args = ['audit', '--sent', 'sent', '--received', 'received', '--effects-query', 'booked.sql', '--json'];
      const { code, stdout, stderr } = await workspace.run(args, database.env);
      expect([code, stderr]).toEqual([0, '']);
      const record = JSON.parse(stdout) as RunRecord;
      const { effectOnce, effectMore, effectNone, phantomEffect } = record.counts;
      expect({ effectOnce, effectMore, effectNone, phantomEffect }).toEqual({
        ...{ effectOnce: ids.length - 1, effectMore: 1, effectNone: 1, phantomEffect: 0 },
      });
      const example = (name: string) => record.findings.find((each) => each.class === name)?.examples[0]?.message;
      expect([example('duplicate-effect'), example('unprocessed')]).toEqual([twice, 'unprocessed']);
      expect(record.assumptions?.join('\n')).toContain('booked.sql holds every effect');
      expect(stdout).not.toContain(encodeURIComponent(password));
    });
  });
}

test('a server that is not there is told with its place, exit 4', async () => {
  const path = join(folder, 'nowhere.sql');
  writeFileSync(path, `-- url: \${NOWHERE}\nselect 1 as id\n`);
  const rows = effectsQuery(path, { NOWHERE: 'postgres://u:hush@127.0.0.1:1/d' }).rows();
  const error = await rows.next().then(
    () => undefined,
    (cause: ToolError) => cause,
  );
  expect(error).toMatchObject({ code: 'store-unreachable', exitCode: 4 });
  expect(error?.message).toContain(`postgres at 127.0.0.1:1 (\${NOWHERE}): cannot be reached`);
  expect(error?.message).not.toContain('hush');
});
