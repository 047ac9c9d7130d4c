/** Fetching with a real Maven: a small distribution, whose jars are among those that the real ones need too. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Distribution } from '../../src/products/distribution.ts';
import { productOf } from '../../src/products/registry.ts';
import { fetchDistribution } from '../../src/run/fetch/fetch.ts';

const whole = await productOf('kafka').distribution?.();
const small: Distribution = {
  name: 'small',
  version: '1',
  artifacts: (whole?.artifacts ?? []).filter((row) => /:(slf4j-api|argparse4j):/.test(row)),
};
const jars = small.artifacts.length;

const hasMaven = spawnSync('mvn', ['-v'], { stdio: 'ignore' }).status === 0;
if (!hasMaven && process.env.CI !== undefined) throw new Error('CI has no mvn on the PATH');

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'mqchaos-cache-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

const failure = (distribution: Distribution): Promise<unknown> =>
  fetchDistribution(distribution).then(
    () => undefined,
    (error: unknown) => error,
  );
const entries = (): string[] => readdirSync(join(cache, 'mqchaos')).sort();

describe.skipIf(!hasMaven)(`fetch${hasMaven ? '' : ' (needs maven: mvn is not on the PATH)'}`, () => {
  test('makes NAME-VERSION whole, and NAME, a link to it; again is nothing to do', async () => {
    const { folder, found } = await fetchDistribution(small);
    expect([folder, found]).toEqual([join(cache, 'mqchaos/small-1'), false]);
    expect(entries()).toEqual(['small', 'small-1']);
    expect(readlinkSync(join(cache, 'mqchaos/small'))).toBe('small-1');
    expect(readdirSync(join(cache, 'mqchaos/small/libs'))).toHaveLength(jars);
    expect(lstatSync(folder).mode & 0o777).toBe(0o755);
    expect(await fetchDistribution(small)).toEqual({ folder, found: true });
  });

  test('three at once end with one, and leave nothing beside it', async () => {
    const results = await Promise.all([1, 2, 3].map(() => fetchDistribution(small)));
    expect(new Set(results.map(({ folder }) => folder)).size).toBe(1);
    expect(entries()).toEqual(['small', 'small-1']);
  });

  test('a folder that is not whole is made anew', async () => {
    const { folder } = await fetchDistribution(small);
    const [first = ''] = readdirSync(join(folder, 'libs'));
    writeFileSync(join(folder, 'libs', first), 'something else');
    expect(await fetchDistribution(small)).toEqual({ folder, found: false });
    expect(readFileSync(join(folder, 'libs', first)).length).toBeGreaterThan(1000);
    expect(entries()).toEqual(['small', 'small-1']);
  });

  test('what a killed fetch left is removed; what a living one works on is not', async () => {
    const root = join(cache, 'mqchaos');
    const dead = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
    for (const pid of [dead, process.ppid]) mkdirSync(join(root, `.small-1.${pid}.abcdef/libs`), { recursive: true });
    await fetchDistribution(small);
    expect(entries()).toEqual([`.small-1.${process.ppid}.abcdef`, 'small', 'small-1']);
  });

  test('a jar that is not the pinned one is refused, and nothing is installed', async () => {
    const [first = '', ...others] = small.artifacts;
    const wrong = { ...small, artifacts: [`${first.split(' ')[0]} ${'0'.repeat(64)}`, ...others] };
    const error = await failure(wrong);
    expect(error).toMatchObject({ code: 'checksum-differs', exitCode: 4 });
    expect((error as Error).message).toContain(`the list says ${'0'.repeat(64)}`);
    expect(entries()).toEqual([]);
  });

  test('an artifact that no repository has: what Maven says, exit code 4', async () => {
    const nowhere = { ...small, artifacts: [`mqchaos.nowhere:nothing:1 ${'0'.repeat(64)}`] };
    const error = await failure(nowhere);
    expect(error).toMatchObject({ code: 'fetch-failed', exitCode: 4 });
    expect((error as Error).message).toMatch(/mqchaos\.nowhere:nothing/);
    expect(entries()).toEqual([]);
  });

  test('without Maven: exit code 4, with the command that installs it', async () => {
    vi.stubEnv('PATH', join(cache, 'empty'));
    expect(await failure(small)).toMatchObject({ code: 'program-missing', exitCode: 4, hint: 'apt-get install maven' });
    expect(existsSync(join(cache, 'mqchaos/small'))).toBe(false);
  });
});
