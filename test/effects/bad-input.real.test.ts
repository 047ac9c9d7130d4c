/** What is wrong with a store is said before anything starts, with its place and what to do, and never with a secret. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEffects } from '../../src/effects/effects.ts';
import { probeStore } from '../../src/effects/probe.ts';
import { ToolError } from '../../src/errors.ts';
import { password } from './support/servers.ts';
import { missing, World } from './support/worlds.ts';

const stores = ['postgres', 'mariadb', 'redis'] as const;
const schemes = { postgres: 'postgres', mariadb: 'mysql', redis: 'redis' } as const;
const from = `\${STORE_URL}`;
const hush = 'h%75sh/h&sh';

/** The error that opening throws. Checks that no form of a secret is in anything that could be printed. */
async function refused(store: string, url: string): Promise<ToolError> {
  const opened = openEffects(
    { store, url: from, idempotence: 'none' },
    { name: 'mqchaos_test_g1', store: { url, from } },
    { bounds: { connectMs: 1000 } },
  );
  const error = await opened.then(
    async (effects) => {
      await effects[Symbol.asyncDispose]();
      throw new Error('it was opened');
    },
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ToolError)) throw error;
  const all = inspect(error, { depth: 20, showHidden: true });
  for (const secret of [url, hush, encodeURIComponent(hush), password, encodeURIComponent(password)]) {
    expect(all).not.toContain(secret);
  }
  expect(error.message).toContain(from);
  expect(error.hint).toBeTruthy();
  return error;
}

describe.each(stores)('%s, not there', (store) => {
  const at = (address: string): string => `${schemes[store]}://user:${encodeURIComponent(hush)}@${address}`;

  it.each([
    ['no URL at all', 'not a url', 'is not a URL'],
    ['another scheme', `https://user:${encodeURIComponent(hush)}@localhost/x`, 'begins with https:'],
  ])('%s', async (_what, url, says) => {
    const error = await refused(store, url);
    expect(error).toMatchObject({ code: 'store-url', exitCode: 2 });
    expect(error.message).toContain(says);
  });

  it('nothing listens there', async () => {
    const error = await refused(store, at('127.0.0.1:1/0'));
    expect(error).toMatchObject({ code: 'store-unreachable', exitCode: 4 });
    expect(error.message).toContain(`${store} at 127.0.0.1:1 (${from}): cannot be reached`);
  });

  it('a host that does not exist', async () => {
    const error = await refused(store, at('no-such-host.invalid/0'));
    expect(error).toMatchObject({ code: 'store-unreachable', exitCode: 4 });
  });

  it('something that accepts and never answers', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = silent.address() as { port: number };
      const error = await refused(store, at(`127.0.0.1:${port}/0`));
      expect(error).toMatchObject({ code: 'store-unreachable', exitCode: 4 });
    } finally {
      silent.close();
    }
  });

  it('no URL where one is needed', async () => {
    const open = openEffects({ store, idempotence: 'none' }, { name: 'mqchaos_test_g1' });
    await expect(open).rejects.toMatchObject({ exitCode: 2 });
  });

  it('a probe says so too', async () => {
    const url = at('127.0.0.1:1/0');
    const probe = await probeStore(store, { url, from });
    expect(probe).toMatchObject({ store, available: false, remedy: expect.stringContaining('running') });
    expect(JSON.stringify(probe)).not.toContain(encodeURIComponent(hush));
  });
});

describe.each(stores)('%s, there', (store) => {
  const reason = missing(store);
  if (reason !== undefined) {
    it.skip(`not run: ${reason}`, () => {});
    return;
  }
  let world: World;
  beforeAll(async () => {
    world = await World.start(store);
  });
  afterAll(() => world[Symbol.asyncDispose]());
  const right = (): string => world.server?.url ?? '';

  it('a wrong password', async () => {
    const error = await refused(store, right().replace(encodeURIComponent(password), encodeURIComponent(hush)));
    expect(error).toMatchObject({ code: 'store-login', exitCode: 4 });
    expect(error.message).toContain('login refused');
  });

  it('no password', async () => {
    const error = await refused(store, right().replace(`:${encodeURIComponent(password)}`, ''));
    expect(error).toMatchObject({ exitCode: 4, code: store === 'postgres' ? expect.any(String) : 'store-login' });
  });

  it.each(store === 'postgres' ? [store] : [])('%s: a user who may not create tables', async () => {
    const { Client } = (await import('pg')).default;
    const admin = new Client({ connectionString: right() });
    await admin.connect();
    await admin.query("CREATE ROLE poor LOGIN PASSWORD 'poor-secret'");
    await admin.end();
    const url = `postgres://poor:poor-secret@127.0.0.1:${world.server?.port}/postgres`;
    const access = { name: 'mqchaos_test_g1', store: { url, from } };
    await using effects = await openEffects({ store, url: from, idempotence: 'none' }, access);
    await expect(effects.prepare()).rejects.toMatchObject({
      message: expect.stringContaining('permission denied'),
      hint: expect.stringContaining('right to create tables'),
    });
  });

  it('a wrong database', async () => {
    const url = new URL(right());
    url.pathname = store === 'redis' ? '/999' : '/no_such';
    const error = await refused(store, url.href);
    // MariaDB tells nobody without the right to know whether a database is there
    expect(error).toMatchObject({ code: store === 'mariadb' ? 'store-login' : 'store-database', exitCode: 4 });
  });

  it('a store that would forget when it is killed is told', async () => {
    await using effects = await openEffects(
      { store, url: from, idempotence: 'none' },
      { name: 'mqchaos_test_g1', store: { url: right(), from } },
    );
    expect(await effects.warnings()).toEqual([]);
    if (store !== 'redis') return;
    const { Redis } = await import('ioredis');
    const other = new Redis(right());
    await other.config('SET', 'appendonly', 'no');
    other.disconnect();
    expect(await effects.warnings()).toEqual([expect.stringContaining('appendonly is no')]);
  });

  it('a probe says its version', async () => {
    const probe = await probeStore(store, { url: right(), from });
    expect(probe).toEqual({ store, available: true, detail: expect.stringMatching(/^\S+ \d+\.\d+/) });
  });
});

describe('sqlite', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mqchaos-effects-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const open = (file: string) =>
    openEffects({ store: 'sqlite', idempotence: 'none' }, { name: 'mqchaos_test_g1', file });

  it('a folder that does not exist', async () => {
    const error = open(join(folder, 'none', 'x.db'));
    await expect(error).rejects.toMatchObject({
      code: 'store-unreachable',
      exitCode: 4,
      hint: expect.stringContaining('none'),
    });
  });

  it('a file that is something else', async () => {
    writeFileSync(join(folder, 'text'), 'this is no database. '.repeat(500));
    await expect(open(join(folder, 'text'))).rejects.toMatchObject({ code: 'store-unreachable', exitCode: 4 });
  });

  it('is always available', async () => {
    expect(await probeStore('sqlite')).toMatchObject({ available: true, detail: expect.stringMatching(/^SQLite 3\./) });
  });
});
