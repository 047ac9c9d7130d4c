import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programPath } from '../../src/cluster/program.ts';
import { inOwnNamespace, intoNamespace } from '../../src/volume/namespace.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { type MountedVolume, missingFuse, mountVolume } from './support/mounted.ts';

const missing = missingFuse();
const boundMs = 20_000;

describe.skipIf(missing !== undefined)(
  `a failing volume${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('fails the calls that a rule names, by path and count, and says which it hit', async () => {
      await using volume = await mountVolume();
      await volume.order({ order: 'rule', name: 'r', on: ['sync'], errno: 'EIO', path: '**/*.log', skip: 1, times: 1 });
      expect(synced(volume, 'a.txt', 3)).toEqual(['done', 'done', 'done']);
      expect(synced(volume, 'a.log', 3)).toEqual(['done', 'EIO', 'done']);
      expect(await volume.order({ order: 'rule', name: 'r', clear: true })).toEqual({
        cleared: [{ name: 'r', matched: 3, hits: 1 }],
      });
    });

    it('is full, or cannot be written to, at once and for every way to write', async () => {
      await using volume = await mountVolume();
      writeFileSync(join(volume.at, 'old'), 'old');
      for (const errno of ['ENOSPC', 'EROFS']) {
        await volume.order({ order: 'rule', name: 'full', on: ['create', 'write', 'truncate'], errno });
        expect(() => writeFileSync(join(volume.at, 'new'), 'x')).toThrow(errno);
        expect(() => writeFileSync(join(volume.at, 'old'), 'x', { flag: 'a' })).toThrow(errno);
        expect(readFileSync(join(volume.at, 'old'), 'utf8')).toBe('old');
      }
      await volume.order({ order: 'rule', clear: true });
      writeFileSync(join(volume.at, 'new'), 'x');
    });

    it('fails reads of what the kernel had in memory', async () => {
      await using volume = await mountVolume();
      writeFileSync(join(volume.at, 'file'), 'text');
      await volume.order({ order: 'rule', name: 'r', on: ['read'], errno: 'EIO' });
      expect(() => readFileSync(join(volume.at, 'file'))).toThrow('EIO');
    });

    it('makes calls later, in which time a power cut drops them', async () => {
      await using volume = await mountVolume();
      await volume.order({ order: 'rule', name: 'slow', on: ['sync'], delayMs: 30 });
      expect(synced(volume, 'file', 2)).toEqual(['done', 'done']);
      await volume.order({ order: 'rule', name: 'slow', on: ['sync'], hang: true });
      const syncing = volume.run('sh', ['-c', 'echo more >> file; sync file']);
      await held(volume, 1);
      await volume.order({ order: 'cut' });
      expect((await syncing).exit.exitCode).toBe(1);
      expect(readFileSync(join(volume.at, 'file'), 'utf8')).toBe('01');
    });

    it('lets a process die whose call hangs', async () => {
      await using volume = await mountVolume();
      await volume.order({ order: 'rule', name: 'stuck', on: ['sync'], hang: true });
      const line = intoNamespace(
        volume.process.pid,
        { command: 'sh', args: ['-c', 'exec sync .'] },
        volume.inside,
        true,
      );
      const child = spawn(line.command, line.args, { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
      await held(volume, 1);
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      await held(volume, 0);
      expect(await volume.order({ order: 'rule', clear: true })).toEqual({
        cleared: [{ name: 'stuck', matched: 1, hits: 1 }],
      });
    });

    it('knows files that have no name any more: of all files, and of no path', async () => {
      await using volume = await mountVolume();
      const descriptor = openSync(join(volume.at, 'file'), 'w');
      unlinkSync(join(volume.at, 'file'));
      await volume.order({ order: 'rule', name: 'r', on: ['write'], errno: 'EIO', path: '**' });
      expect(writeSync(descriptor, 'x')).toBe(1);
      await volume.order({ order: 'rule', name: 'r', on: ['write'], errno: 'EIO' });
      expect(() => writeSync(descriptor, 'x')).toThrow('EIO');
      closeSync(descriptor);
    });

    it('goes on when a process asks for a folder that a power cut took from under it', async () => {
      await using volume = await mountVolume();
      await volume.order({ order: 'rule', name: 'r', on: ['stat', 'create'], errno: 'EIO', path: 'none' });
      const inside = volume.run('sh', [
        '-c',
        'mkdir d && cd d && touch here && until ! ls -d . ; do :; done && echo x > f',
      ]);
      const isThere = () => (existsSync(join(volume.store, 'd/here')) ? true : undefined);
      await poll(isThere, { everyMs: 10, boundMs, signal: noAbort });
      await volume.order({ order: 'cut' });
      expect((await inside).exit.exitCode).not.toBe(0);
      expect(await volume.order({ order: 'rule', clear: true })).toMatchObject({ cleared: [{ hits: 0 }] });
    });

    it('has flipped bits and torn pages at places that follow from the seed', async () => {
      await using volume = await mountVolume();
      writeFileSync(join(volume.at, 'a'), Buffer.alloc(100_000, 255));
      await volume.order({ order: 'checkpoint' });
      const { damaged } = (await volume.order({ order: 'damage', kind: 'bit-flip', path: 'a', seed: 7, count: 3 })) as {
        damaged: { offset: number; bit: number }[];
      };
      const bytes = readFileSync(join(volume.at, 'a'));
      expect(damaged).toHaveLength(3);
      for (const { offset, bit } of damaged) expect(bytes[offset]).toBe(255 ^ (1 << bit));
      expect(bytes.filter((byte) => byte !== 255)).toHaveLength(3);
      const torn = await volume.order({ order: 'damage', kind: 'torn-page', path: '*', seed: 7, count: 1 });
      const [{ offset, bytes: length }] = torn.damaged as [{ offset: number; bytes: number }];
      const after = readFileSync(join(volume.at, 'a'));
      expect(after.subarray(offset, offset + length).every((byte) => byte === 0)).toBe(true);
      expect((offset + length) % 4096 === 0 || offset + length === 100_000).toBe(true);
    });

    it('refuses what is no order, and goes on', async () => {
      await using volume = await mountVolume();
      await expect(volume.order({ order: 'explode' })).rejects.toThrow('no order "explode"');
      await expect(volume.order({ order: 'rule', name: 'r', on: ['sync'] })).rejects.toThrow(
        'one of errno, delayMs and hang',
      );
      await expect(
        volume.order({ order: 'damage', kind: 'bit-flip', path: 'none', seed: 1, count: 1 }),
      ).rejects.toThrow('no file');
      expect(await volume.order({ order: 'status' })).toMatchObject({
        unsynced: { bytes: 0, files: 0, names: 0 },
        rules: [],
      });
    });
  },
);

describe.skipIf(missing !== undefined)(
  `the end of a volume${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('is in order although a process has a file open', async () => {
      await using volume = await mountVolume();
      writeFileSync(join(volume.at, 'file'), 'text');
      const descriptor = openSync(join(volume.at, 'file'), 'a');
      volume.process.signal('SIGTERM');
      expect(await volume.process.exit).toEqual({ exitCode: 0, signal: null });
      expect(() => writeSync(descriptor, 'more')).toThrow('ENOTCONN');
      expect(() => closeSync(descriptor)).toThrow('ENOTCONN');
      expect(readdirSync(volume.store)).toEqual(['file']);
    });

    it('leaves nothing mounted and everything in the store when it is killed', async () => {
      await using volume = await mountVolume();
      writeFileSync(join(volume.at, 'file'), 'text\n');
      const descriptor = openSync(join(volume.at, 'file'), 'r');
      volume.process.signal('SIGKILL');
      expect(await volume.process.exit).toEqual({ exitCode: null, signal: 'SIGKILL' });
      expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(volume.store);
      expect(readFileSync(join(volume.store, 'file'), 'utf8')).toBe('text\n');
      expect(() => closeSync(descriptor)).toThrow('ENOTCONN');
    });

    it('comes when whoever started it is killed', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
      const { pid } = JSON.parse(await killOwner(folder)) as { pid: number };
      expect(existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '').toBe(''); // or not reaped yet
      expect(readdirSync(folder)).toEqual([]);
      rmSync(folder, { recursive: true });
    });
  },
);

describe('a volume that cannot be', () => {
  it.each([
    { flags: ['--store', 'f', '--mount', 'm'], error: 'no-folder', exitCode: 4 },
    { flags: ['--store', 's', '--mount', 's/m'], error: 'bad-flag', exitCode: 2 },
    { flags: ['--store', 's'], error: 'bad-flag', exitCode: 2 },
  ])('with $flags says $error', ({ flags, error, exitCode }) => {
    const folder = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
    writeFileSync(join(folder, 'f'), '');
    const { status, stderr } = spawnSync(process.execPath, [programPath('volume/main'), ...flags], { cwd: folder });
    rmSync(folder, { recursive: true });
    expect(JSON.parse(String(stderr))).toMatchObject({ error, hint: expect.any(String) });
    expect(status).toBe(exitCode);
  });
});

/** A process that starts a volume and is killed when that is ready. @returns what the volume said, when it has ended. */
function killOwner(folder: string): Promise<string> {
  const args = [programPath('volume/main'), '--store', folder, '--mount', folder];
  const line = inOwnNamespace({ command: process.execPath, args }, true);
  const stdio = ['pipe', 'inherit', 'inherit'];
  const script = `require('node:child_process').spawn(${[line.command, line.args, { stdio }].map((one) => JSON.stringify(one))})`;
  const owner = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  owner.stdout.on('data', (bytes) => {
    said += String(bytes);
    if (said.includes('"ready":true')) owner.kill('SIGKILL');
  });
  // its output is closed when both have ended
  return new Promise((resolve) => owner.once('close', () => resolve(said)));
}

/** What came of that many writes of one digit each, every one synced. */
function synced(volume: MountedVolume, name: string, times: number): string[] {
  const descriptor = openSync(join(volume.at, name), 'a');
  try {
    return Array.from({ length: times }, (_, index) => {
      writeSync(descriptor, String(index));
      try {
        fdatasyncSync(descriptor);
        return 'done';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
    });
  } finally {
    closeSync(descriptor);
  }
}

async function held(volume: MountedVolume, count: number): Promise<void> {
  const ask = async () => ((await volume.order({ order: 'status' })).held === count ? true : undefined);
  expect(await poll(ask, { everyMs: 20, boundMs, signal: noAbort })).toBe(true);
}
