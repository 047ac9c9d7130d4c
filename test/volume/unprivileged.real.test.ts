import { chownSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { programPath } from '../../src/cluster/program.ts';
import { inOwnNamespace, intoNamespace } from '../../src/volume/namespace.ts';
import { missingFuse } from './support/mounted.ts';

const missing = missingFuse();
const nobody = 65_534;
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

/** A folder of nobody's with the program in it, which needs no other file of ours: theirs may not be readable to everybody. */
function programFor(folder: string): { program: string; store: string } {
  const dist = dirname(dirname(programPath('volume/main')));
  cpSync(join(dist, 'volume'), join(folder, 'dist/volume'), { recursive: true });
  cpSync(join(dist, 'errors.js'), join(folder, 'dist/errors.js'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  chownSync(folder, nobody, nobody);
  return { program: join(folder, 'dist/volume/main.js'), store: join(folder, 'data') };
}

/** Starts a volume as nobody, in a mount namespace where /dev/fuse has these permissions. */
function start(folder: string, permissions: string, program: string, store: string) {
  const args = [program, '--store', store, '--mount', store];
  const line = inOwnNamespace({ command: process.execPath, args }, false);
  const device = join(folder, 'fuse');
  const prepare = `mknod ${device} c 10 229 && chmod ${permissions} ${device} && mount --bind ${device} /dev/fuse && exec "$@"`;
  return execa('unshare', ['-m', '--', 'sh', '-c', prepare, 'sh', ...asNobody, line.command, ...line.args], {
    reject: false,
    all: true,
    stdin: 'pipe',
  });
}

it.skipIf(missing !== undefined)('anybody mounts a volume where /dev/fuse is open to users', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
  const { program, store } = programFor(folder);
  const volume = start(folder, '666', program, store);
  try {
    const ready = await Promise.race([new Promise((resolve) => volume.all.once('data', resolve)), volume]);
    expect(String(ready)).toContain('"ready":true');
    const write = ['-c', 'echo kept > a && sync a && echo lost > b && ls && id -u'];
    const node = intoNamespace(volume.pid ?? 0, { command: 'sh', args: write }, store, false);
    const { stdout } = await execa(asNobody[0] ?? '', [...asNobody.slice(1), node.command, ...node.args]);
    expect(stdout.split('\n')).toEqual(['a', 'b', '0']);
    volume.stdin.write('{"id":1,"order":"cut"}\n');
    await new Promise((resolve) => volume.all.once('data', resolve));
    expect(readdirSync(store).filter((name) => !name.startsWith('.'))).toEqual(['a']);
  } finally {
    volume.stdin.end();
    await volume;
    rmSync(folder, { recursive: true });
  }
  expect((await volume).exitCode).toBe(0);
});

it.skipIf(missing !== undefined)('anybody is told where /dev/fuse is not open to users', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
  const { program, store } = programFor(folder);
  const { exitCode, all } = await start(folder, '600', program, store);
  rmSync(folder, { recursive: true });
  expect(exitCode).toBe(4);
  expect(JSON.parse(all)).toMatchObject({ error: 'no-fuse', hint: expect.stringContaining('chmod 666 /dev/fuse') });
});
