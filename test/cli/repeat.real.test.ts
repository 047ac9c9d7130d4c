import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { markedProcesses } from '../../src/cluster/undo/undo.ts';
import type { RepeatRecord } from '../../src/repeat/record.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { Workspace } from '../support/tool.ts';

const small = ['cluster.masters=1', 'producers.messages=1200', 'producers.rate=max', 'faults=[]'];
const sets = (...more: string[]): string[] => [...small, ...more].flatMap((set) => ['--set', set]);

it('runs every seed, each in a folder that can be judged and repeated', { timeout: 180_000 }, async () => {
  using workspace = new Workspace();
  const { code, stdout, stderr } = await workspace.run([
    'run',
    'quick',
    '--repeat',
    '2',
    '--seed',
    '7',
    '--json',
    ...sets(),
  ]);
  expect(code, stderr).toBe(0);
  const record = JSON.parse(stdout) as RepeatRecord;
  expect(record).toMatchObject({ verdict: 'pass', profile: 'quick', seed: 7, repeat: 2, failed: 0, decided: 2 });
  const home = join(workspace.folder, '.mqchaos', 'repeat');
  const folder = join(home, readdirSync(home)[0] ?? '');
  expect(JSON.parse(readFileSync(join(folder, 'repeat.json'), 'utf8'))).toEqual(record);
  expect(record.runs.map(({ seed }) => seed)[0]).toBe(7);
  for (const { folder: run, seed } of record.runs) {
    expect(JSON.parse(readFileSync(join(folder, run, 'record.json'), 'utf8'))).toMatchObject({ seed });
    expect(JSON.parse(readFileSync(join(folder, run, 'plan.json'), 'utf8'))).toMatchObject({ seed });
    // what is big is gone
    expect(readdirSync(join(folder, run, 'nodes', 'b1')).sort()).toEqual(['stderr.log', 'stdout.log']);
  }
  const again = await workspace.run(['audit', join(folder, record.runs[1]?.folder ?? ''), '--json']);
  expect(again.code).toBe(0);
  const latest = await workspace.run(['report', 'latest', '--json']);
  expect(JSON.parse(latest.stdout)).toEqual(JSON.parse(again.stdout));
});

it('stops at the first failure, and says how to repeat it', { timeout: 180_000 }, async () => {
  using workspace = new Workspace();
  const args = ['run', 'quick', '--repeat', '3', '--until-failure', '--seed', '7', '--out', 'r'];
  const { code, stdout, stderr } = await workspace.run([...args, ...sets('cluster.defects=[drop-acked]')]);
  expect(code, stderr).toBe(1);
  expect(stdout).toContain('✗ FAIL  quick: 1 of 1 run failed, 2 of 3 not run  (exit 1)');
  const again = /mqchaos (run --plan \S+)/.exec(stdout)?.[1]?.split(' ') ?? [];
  const second = await workspace.run([...again, '--json']);
  expect(second.code, second.stderr).toBe(1);
  expect(JSON.parse(second.stdout)).toMatchObject({ seed: 7, verdict: { value: 'fail' } });
});

it('Ctrl-C ends the run at work in order, and tells of those before it', { timeout: 180_000 }, async () => {
  using workspace = new Workspace();
  const tool = workspace.start(['run', 'quick', '--repeat', '5', '--seed', '7', '--out', 'r', '--json', ...sets()]);
  await tool.said('1/5  seed 7');
  await tool.said('✓ pass');
  tool.process.kill('SIGINT');
  const { code, stdout, stderr } = await tool.end;
  expect(code, stderr).toBe(130);
  const record = JSON.parse(stdout) as RepeatRecord;
  expect(record).toMatchObject({ verdict: 'pass', repeat: 5, decided: 1 });
  expect(record.runs.map(({ seed }) => seed)).toEqual([7]);
  const folder = join(workspace.folder, 'r');
  expect(JSON.parse(readFileSync(join(folder, 'repeat.json'), 'utf8'))).toEqual(record);
  expect(readdirSync(join(folder, 'runs')).flatMap((run) => markedProcesses(join(folder, 'runs', run)))).toEqual([]);
});

it('kill -9 of the tool leaves no process, and what was done can be judged', { timeout: 180_000 }, async () => {
  using workspace = new Workspace();
  const tool = workspace.start(['run', 'quick', '--repeat', '5', '--seed', '7', ...sets()]);
  await tool.said('✓ pass');
  const home = join(workspace.folder, '.mqchaos', 'repeat');
  const folder = join(home, readdirSync(home)[0] ?? '');
  const runs = (): string[] => readdirSync(join(folder, 'runs')).map((run) => join(folder, 'runs', run));
  const begun = (): true | undefined => (runs().length === 2 ? true : undefined);
  expect(await poll(begun, { everyMs: 20, boundMs: 60_000, signal: noAbort })).toBe(true);
  tool.process.kill('SIGKILL');
  await tool.end;
  const gone = (): true | undefined => (runs().flatMap(markedProcesses).length === 0 ? true : undefined);
  expect(await poll(gone, { everyMs: 50, boundMs: 15_000, signal: noAbort })).toBe(true);
  const record = JSON.parse(readFileSync(join(folder, 'repeat.json'), 'utf8')) as RepeatRecord;
  expect(record).toMatchObject({ repeat: 5, decided: 1, verdict: 'pass' });
  expect((await workspace.run(['doctor', 'clean', folder])).code).toBe(0);
  const listed = JSON.parse((await workspace.run(['runs', '--json'])).stdout);
  expect(listed.runs).toMatchObject([{ state: 'finished', repeat: 1 }]);
});

it('what does not go with it is refused before anything is made', async () => {
  using workspace = new Workspace();
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await workspace.run(['run', ...args]);
    expect(code).toBe(2);
    expect(existsSync(join(workspace.folder, '.mqchaos'))).toBe(false);
    return stderr;
  };
  expect(await refused('quick', '--repeat', '0')).toContain('--repeat: expected a whole number from 1 to 10000');
  expect(await refused('--plan', 'plan.json', '--repeat', '2')).toContain('--repeat takes a profile');
  expect(await refused('quick', '--until-failure')).toContain('--until-failure goes with --repeat');
  expect(await refused('no-such', '--repeat', '2')).toContain('no-such');
});
