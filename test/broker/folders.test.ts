import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/broker/errors.ts';
import { startNameServer } from '../../src/broker/name-server/name-server.ts';
import { systemError } from '../../src/broker/world/errno.ts';
import { folderError } from '../../src/broker/world/folder-error.ts';
import { RealDisk } from '../../src/broker/world/real-disk.ts';
import { sharedSecret } from '../../src/broker/world/shared-secret.ts';
import type { Disk } from '../../src/broker/world/world.ts';
import { MemoryDisk, memoryWorld } from './support/memory-world.ts';
import { append, openStore, payloads, topic } from './support/stores.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'mqchaos-folders-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const at = (...names: string[]) => path.join(folder, ...names);
const nameServer = { host: 'memory', port: 0, masterTimeoutMs: 1000, failover: 'none', secret: '' } as const;

/** What the node says that cannot start. */
async function refusal(start: Promise<AsyncDisposable>, inFolder = folder): Promise<string | undefined> {
  const error = await start.then(
    (node) => node[Symbol.asyncDispose]().then(() => undefined),
    (failure: unknown) => failure,
  );
  return (error instanceof BrokerError ? error : folderError(error, inFolder))?.code;
}

describe('a folder that is not as it should be is told of, not a bug', () => {
  const start = (where = folder) => startNameServer(memoryWorld(undefined, new RealDisk(where)), nameServer);

  test('a file is where the folder should be', async () => {
    fs.writeFileSync(at('file'), '');
    expect(await refusal(start(at('file')))).toBe('odd-folder');
    expect(await refusal(start(at('file', 'below')))).toBe('odd-folder');
  });

  test('a folder is where a file should be', async () => {
    fs.mkdirSync(at('routes.json'));
    expect(await refusal(start())).toBe('odd-folder');
    fs.rmdirSync(at('routes.json'));
    fs.mkdirSync(at('lock'));
    expect(await refusal(start())).toBe('folder-in-use');
  });

  test('a full or failing disk is named, also when the log tells of it', () => {
    const full = systemError('ENOSPC', 'write');
    expect(folderError(full, '/data')).toMatchObject({ code: 'disk-full', message: '/data: ENOSPC, write' });
    expect(folderError(new BrokerError('sync-failed', 'sync failed', 'restart', full), '/data')?.code).toBe(
      'disk-full',
    );
    expect(folderError(systemError('EROFS', 'open'), '/data')?.code).toBe('folder-read-only');
    expect(folderError(systemError('EMFILE', 'open'), '/data')?.code).toBe('too-many-files');
    expect(folderError(new Error('a bug'), '/data')).toBeUndefined();
    const port = new BrokerError('cannot-listen', 'no', 'check', systemError('EACCES', 'listen'));
    expect(folderError(port, '/data')).toBeUndefined();
  });

  test('a copy of a folder with removed files starts', async () => {
    fs.mkdirSync(at('removed'), { recursive: true });
    fs.writeFileSync(at('removed', '424242'), 'of another inode');
    expect(await refusal(start())).toBeUndefined();
    expect(fs.existsSync(at('removed', '424242'))).toBe(false);
  });
});

test('a secret is made once, for its owner only, and a damaged one is refused', () => {
  const file = at('members', 'secret');
  const secret = sharedSecret(file);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(sharedSecret(file)).toBe(secret);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(fs.readdirSync(at('members'))).toEqual(['secret']);
  fs.writeFileSync(file, 'short');
  expect(() => sharedSecret(file)).toThrow('64 hexadecimal digits');
});

test('an index in the place of another is not believed: the log is read', async () => {
  const disk = new MemoryDisk();
  const settings = { disk, checkpointBytes: 1_000_000 };
  {
    await using store = await openStore(settings);
    for (const [partition, payload] of ['zero', 'one'].entries()) await append(store, partition, { payload });
  }
  const zero = disk.files.get(`index/${topic}-0`);
  if (zero === undefined) throw new Error('no index');
  disk.files.set(`index/${topic}-1`, zero);
  await using store = await openStore({ ...settings, disk: disk.copy() });
  expect(store.recovery.checkpoint).toBe(`unusable: index/${topic}-1 is damaged`);
  expect([await payloads(store, 0), await payloads(store, 1)]).toEqual([['zero'], ['one']]);
});

test('a log that could not open its next segment goes on when files can be opened again', async () => {
  const disk = new MemoryDisk();
  let isShort = false;
  const short: Disk = Object.assign(Object.create(disk) as MemoryDisk, {
    open: async (name: string) => {
      if (isShort) throw systemError('EMFILE', 'open');
      return await disk.open(name);
    },
    list: (name: string) => disk.list(name),
    lock: () => disk.lock(),
    remove: (name: string) => disk.remove(name),
  });
  await using store = await openStore({ disk: short as MemoryDisk, segmentBytes: 1024 });
  await append(store, 0, { payload: 'a'.repeat(900) });
  isShort = true;
  await expect(append(store, 0, { payload: 'b'.repeat(900) })).rejects.toMatchObject({ code: 'too-many-files' });
  isShort = false;
  expect(store.log.failure).toBeUndefined();
  expect(await append(store, 0, { payload: 'c' })).toMatchObject({ errorCode: 0, baseOffset: 1 });
});
