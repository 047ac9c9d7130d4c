import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageFolder } from '../../src/cluster/program.ts';
import { carryOut } from '../support/github-steps.ts';
import { missingRedis, startRedis } from '../support/redis.ts';
import { Workspace } from '../support/tool.ts';

/** As if it came from the registry: `npx` takes what is installed, if the version is the one that it was told. */
function install(workspace: Workspace): void {
  const modules = join(workspace.folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  symlinkSync(packageFolder, join(modules, 'mqchaos'));
  symlinkSync('../mqchaos/bin/mqchaos.js', join(modules, '.bin', 'mqchaos'));
}

it('writes a workflow that runs as it is, as GitHub would', { timeout: 180_000 }, async () => {
  using workspace = new Workspace();
  install(workspace);
  const { code, stdout, stderr } = await workspace.run(['init', '--broker', 'bundled', '--ci', 'github']);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('wrote mqchaos.yaml\nwrote .github/workflows/mqchaos.yml\n');
  const { jobs } = parse(readFileSync(join(workspace.folder, '.github/workflows/mqchaos.yml'), 'utf8'));
  const summary = join(workspace.folder, 'summary.md');
  const job = { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary, NO_COLOR: '1' };
  const done = await carryOut(jobs.mqchaos.steps, workspace.folder, job);
  expect(done.code, done.output).toBe(0);
  expect(done.output).toContain('✓ PASS  first-profile');
  expect(done.used.at(-1)).toMatchObject({ with: { path: '.mqchaos' } });
  expect(readFileSync(summary, 'utf8')).toContain('# ✓ PASS: first-profile');
  expect(readFileSync(join(workspace.folder, '.mqchaos', 'latest', 'junit.xml'), 'utf8')).toContain('name="verdict"');
});

const missing = missingRedis();
describe.skipIf(missing !== undefined)(
  `for a broker that is there (Redis${missing === undefined ? '' : `: ${missing}`})`,
  () => {
    it('writes a profile that runs as it is, and leaves nothing there', { timeout: 180_000 }, async () => {
      await using redis = await startRedis();
      using workspace = new Workspace();
      const address = redis.access.bootstrap[0] ?? '';
      const port = address.split(':').at(-1);
      const compose = `services: { cache: { image: "redis:7", ports: ["${port}:6379"] } }`;
      writeFileSync(join(workspace.folder, 'compose.yaml'), compose);
      const found = await workspace.run(['init']);
      expect(found.code, found.stderr).toBe(0);
      expect(found.stdout).toContain(`service cache of compose.yaml publishes it at localhost:${port}`);
      const given = await workspace.run(['init', '--attach', address, '--broker', 'redis', '--profile', 'given.yaml']);
      expect(given.stdout).toContain(`${address} answers`);
      expect((await workspace.run(['plan', 'given.yaml'])).code).toBe(0);
      const run = await workspace.run(['run', 'mqchaos.yaml', '--seed', '7']);
      expect(run.code, run.stdout + run.stderr).toBe(0);
    });
  },
);

it('writes over nothing, and says another name', async () => {
  using workspace = new Workspace();
  expect((await workspace.run(['init', '--broker', 'bundled', '--json'])).code).toBe(0);
  const before = readFileSync(join(workspace.folder, 'mqchaos.yaml'), 'utf8');
  const again = await workspace.run(['init', '--broker', 'bundled', '--ci', 'gitlab']);
  expect([again.code, again.stderr]).toEqual([
    2,
    '✗ mqchaos.yaml is there already, and is not written over\n  hint  give another name: --profile mqchaos-2.yaml\n',
  ]);
  expect(readFileSync(join(workspace.folder, 'mqchaos.yaml'), 'utf8')).toBe(before);
  const other = await workspace.run(['init', '--broker', 'bundled', '--profile', 'chaos/two.yaml', '--ci', 'jenkins']);
  expect(other.stdout).toContain('wrote chaos/two.yaml\nwrote Jenkinsfile\n');
  expect((await workspace.run(['plan', 'chaos/two.yaml'])).code).toBe(0);
  const odd = await workspace.run(['init', '--profile', 'a; rm -rf b.yaml']);
  expect([odd.code, odd.stderr.split('\n')[0]?.slice(0, 22)]).toEqual([2, '✗ --profile: expected ']);
});
