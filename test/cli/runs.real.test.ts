import { expect, it } from 'vitest';
import { Workspace } from '../support/tool.ts';

it('lists what ran here, and keeps a run that is at work', { timeout: 120_000 }, async () => {
  using workspace = new Workspace();
  const sets = ['producers.messages=400', 'producers.rate=max', 'faults=[]', 'cluster.masters=1'];
  const run = ['run', 'quick', '--seed', '7', ...sets.flatMap((set) => ['--set', set])];
  expect((await workspace.run(['runs'])).stdout).toBe('no runs here\n');
  expect((await workspace.run(run)).code).toBe(0);
  const second = workspace.start(run);
  await second.said('starting');
  const listed = JSON.parse((await workspace.run(['runs', '--json'])).stdout);
  expect(listed.runs.map(({ state, seed }: { state: string; seed: number }) => [state, seed])).toEqual([
    ['at work', 7],
    ['finished', 7],
  ]);
  const pruned = await workspace.run(['runs', 'prune', '--keep', '0']);
  expect(pruned.code, pruned.stderr).toBe(0);
  expect(pruned.stdout).toMatch(
    /^removed 1 run, .*\n {2}\.mqchaos\/runs\/\S+-7 .*\nleft alone .*: its mqchaos is at work\n$/,
  );
  expect((await second.end).code).toBe(0);
  const text = (await workspace.run(['runs'])).stdout;
  expect(text).toMatch(
    /^when +profile +seed +verdict +size +folder\n\S+Z +quick +7 +pass +\S+ \w+ +\.mqchaos\/runs\/\S+\n$/,
  );
});

it('refuses what is no number', async () => {
  using workspace = new Workspace();
  for (const keep of ['-1', 'x', '1.5', '']) {
    const { code, stderr } = await workspace.run(['runs', 'prune', '--keep', keep]);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `✗ --keep: expected a whole number, got '${keep}'`]);
  }
});
