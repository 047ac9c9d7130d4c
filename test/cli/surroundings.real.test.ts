/** What is around the tool fails: its disk is full, or somebody kills its reaper. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { markedProcesses } from '../../src/cluster/undo/undo.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { Workspace } from '../support/tool.ts';

const isRoot = process.getuid?.() === 0;

/** A folder on a disk of its own, of this size. It can be unmounted once nobody has a file there open. */
function smallDisk(workspace: Workspace, size: string): AsyncDisposable & { readonly path: string } {
  const path = join(workspace.folder, 'small');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  const unmounted = (): true | undefined => (spawnSync('umount', [path]).status === 0 ? true : undefined);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      if ((await within(unmounted)) !== true) throw new Error(`${path} is still in use`);
    },
  };
}

function reapers(folder: string): number[] {
  const listed = spawnSync('pgrep', ['-f', `reaper-program.*${folder}`], { encoding: 'utf8' }).stdout;
  return listed.split('\n').filter(Boolean).map(Number);
}

const within = <T>(look: () => T | undefined): Promise<T | undefined> =>
  poll(look, { everyMs: 50, boundMs: 20_000, signal: noAbort });

test.runIf(isRoot).each(['200k', '6m'])('a disk of %s that is full is no bug, and leaves no process', async (size) => {
  using workspace = new Workspace();
  await using disk = smallDisk(workspace, size);
  const { code, stdout, stderr } = await workspace.run([
    'run',
    'quick',
    '--seed',
    '3',
    '--out',
    join(disk.path, 'run'),
  ]);
  expect([code, stdout]).toEqual([4, '']);
  expect(stderr).toMatch(/✗ cannot write .*: ENOSPC: no space left on device/);
  expect(stderr).toContain('make room on that disk');
  expect(stderr).not.toContain('a bug of mqchaos');
  expect(await within(() => (markedProcesses(disk.path).length === 0 ? true : undefined))).toBe(true);
});

test('a reaper that was killed is told of, and another one takes its place', async () => {
  using workspace = new Workspace();
  const tool = workspace.start(['broker', 'start', '--folder', 'data']);
  let said = '';
  tool.process.stderr?.on('data', (data) => {
    said += String(data);
  });
  await new Promise((ready) => tool.process.stdout?.once('data', ready));
  const folder = join(workspace.folder, 'data');
  const [first] = reapers(folder);
  await new Promise((wake) => setTimeout(wake, 1000));
  process.kill(first as number, 'SIGKILL');
  expect(await within(() => (said.includes('ended (SIGKILL): another one was started') ? true : undefined))).toBe(true);
  const [second] = reapers(folder);
  expect(second).toBeGreaterThan(0);
  expect(second).not.toBe(first);
  tool.process.kill('SIGKILL');
  await tool.end;
  expect(await within(() => (markedProcesses(folder).length === 0 ? true : undefined))).toBe(true);
});
