import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import { findRun, makeRunFolder } from '../../src/run/folder/folder.ts';
import { sweepWorkFolders } from '../../src/run/folder/temporary.ts';

const home = process.cwd();
let here: string;
beforeEach(() => {
  here = realpathSync(mkdtempSync(join(tmpdir(), 'mqchaos-test-')));
  process.chdir(here);
});
afterEach(() => {
  process.chdir(home);
  rmSync(here, { recursive: true, force: true });
});

function refusalOf(action: () => unknown): [string, number] | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return [error.code, error.exitCode];
    throw error;
  }
}

describe('--out', () => {
  it('is the run folder itself, and is made with all folders above it', () => {
    const folder = makeRunFolder(1, 'a/b/run');
    expect(folder.path).toBe(join(here, 'a/b/run'));
    expect(readdirSync(folder.path).sort()).toEqual(['journal', 'nodes', 'workers']);
    expect(existsSync('.mqchaos')).toBe(false);
  });

  it('may be there if it is empty', () => {
    mkdirSync('run');
    expect(makeRunFolder(1, 'run').path).toBe(join(here, 'run'));
  });

  it('is never overwritten', () => {
    makeRunFolder(1, 'run');
    expect(refusalOf(() => makeRunFolder(1, 'run'))).toEqual(['folder-not-empty', 2]);
  });

  it('below a file is a set-up error', () => {
    writeFileSync('file', '');
    expect(refusalOf(() => makeRunFolder(1, 'file/run'))).toEqual(['folder-not-made', 4]);
  });

  it('that is a file is refused', () => {
    writeFileSync('file', 'precious');
    expect(refusalOf(() => makeRunFolder(1, 'file'))).toEqual(['folder-not-empty', 2]);
  });
});

describe('without --out', () => {
  it('a run is named by time and seed, `latest` points to the last, and git does not see them', () => {
    const first = makeRunFolder(7, undefined);
    expect(first.path).toMatch(/\.mqchaos\/runs\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-7$/);
    const second = makeRunFolder(8, undefined);
    expect(readlinkSync('.mqchaos/latest')).toBe(join('runs', basename(second.path)));
    expect(realpathSync(findRun('latest').path)).toBe(second.path);
    expect(readdirSync('.mqchaos/runs')).toHaveLength(2);
    expect(existsSync('.mqchaos/.gitignore')).toBe(true);
  });
});

describe('findRun', () => {
  it('takes any folder, and says when there is none', () => {
    mkdirSync('other');
    expect(findRun('other').path).toBe(join(here, 'other'));
    expect(refusalOf(() => findRun('nowhere'))).toEqual(['no-such-run', 2]);
    expect(refusalOf(() => findRun('latest'))).toEqual(['no-such-run', 2]);
  });

  it('says so when the run that `latest` points to was deleted', () => {
    rmSync(makeRunFolder(1, undefined).path, { recursive: true });
    expect(refusalOf(() => findRun('latest'))).toEqual(['no-such-run', 2]);
  });
});

it('two runs of one seed in one second have a folder each', () => {
  const paths = Array.from({ length: 3 }, () => makeRunFolder(7, undefined).path);
  expect(new Set(paths).size).toBe(3);
  expect(findRun('latest').path).toBe(paths[2]);
});

it.each(['import', 'query'])(
  'of the work folders of an %s only those of processes that are gone are removed',
  (work) => {
    const stale = join(tmpdir(), `mqchaos-${work}-999999999-a`);
    const others = [
      join(tmpdir(), `mqchaos-${work}-${process.pid}-a`),
      mkdtempSync(join(tmpdir(), `mqchaos-${work}-`)),
    ];
    for (const folder of [stale, ...others]) mkdirSync(folder, { recursive: true });
    try {
      expect(sweepWorkFolders()).toBeGreaterThanOrEqual(1);
      expect([stale, ...others].map((folder) => existsSync(folder))).toEqual([false, true, true]);
    } finally {
      for (const folder of others) rmSync(folder, { recursive: true, force: true });
    }
  },
);
