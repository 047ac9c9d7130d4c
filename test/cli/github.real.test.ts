/** A job of GitHub Actions, as far as a step of it can tell: its variables, its summary file, what it prints. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesIn, isValidatorMissing, validated } from '../support/junit.ts';
import { type ToolResult, Workspace } from '../support/tool.ts';

const workspace = new Workspace();
const summary = join(workspace.folder, 'summary.md');
const job = { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
afterAll(() => workspace[Symbol.dispose]());

const small = ['cluster.masters=1', 'producers.messages=1200', 'producers.rate=max'];
const args = (out: string, ...sets: string[]): string[] => {
  return ['run', 'quick', '--seed', '7', '--out', out, ...[...small, ...sets].flatMap((set) => ['--set', set])];
};
const commandsIn = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('::'));
const junitOf = (out: string): string => readFileSync(join(workspace.folder, out, 'junit.xml'), 'utf8');

describe('a red run', () => {
  let result: ToolResult;
  beforeAll(async () => {
    result = await workspace.run([...args('red', 'faults=[]', 'cluster.defects=[drop-acked]'), '--json'], job);
  });

  it('ends with 1, and stdout is still one document', () => {
    expect(result.code, result.stderr).toBe(1);
    expect(JSON.parse(result.stdout).verdict.value).toBe('fail');
  });

  it('has one annotation for the verdict and one for the class, within what GitHub shows', () => {
    const commands = commandsIn(result.stderr);
    expect(commands).toHaveLength(2);
    expect(commands[0]).toMatch(/^::error title=quick%3A ✗ FAIL::Of \d+ acknowledged messages: 1 lost\./);
    expect(commands[1]).toMatch(
      /^::error title=quick%3A 1 message lost::acknowledged, and no group ever received it%0A/,
    );
  });

  it('has a summary', () => {
    const text = readFileSync(summary, 'utf8');
    expect(text).toContain('# ✗ FAIL: quick');
    expect(text).toContain('| lost | 1 | **no** |');
  });

  it.skipIf(isValidatorMissing())('has a valid junit.xml with failures (xmllint, of libxml2-utils)', () => {
    const xml = junitOf('red');
    expect(validated(xml)).toBe('- validates');
    expect(xml).toMatch(/<testsuite .* failures="2" errors="0" .* time="\d+\.\d{3}" timestamp="\d{4}-/);
  });
});

describe('a run without evidence', () => {
  const never = 'faults=[{ at: 100s, do: kill, target: b1, for: 1s }]';
  let result: ToolResult;
  beforeAll(async () => {
    mkdirSync(join(workspace.folder, 'a-folder'));
    result = await workspace.run(args('open', never), {
      ...job,
      GITHUB_STEP_SUMMARY: join(workspace.folder, 'a-folder'),
    });
  });

  it('ends with 3, and is red in every form', () => {
    expect(result.code, result.stderr).toBe(3);
    expect(commandsIn(result.stderr)[0]).toContain('::error title=quick%3A ? INCONCLUSIVE::');
    expect(junitOf('open')).toMatch(/<testsuite .* failures="0" errors="1" /);
  });

  it('of which the summary cannot be written says so, and ends no other way', () => {
    expect(commandsIn(result.stderr).slice(1)).toEqual([
      expect.stringMatching(/^::warning title=mqchaos::the job summary is not written: EISDIR/),
    ]);
  });

  it('has the cases of any other run of its profile', () => {
    expect(casesIn(junitOf('open'))).toEqual(casesIn(junitOf('red')));
  });
});

describe('records of somebody else', () => {
  const foreign = async (env: Record<string, string>, lines = 1): Promise<ToolResult> => {
    const ids = Array.from({ length: lines }, (_, at) => `{"id":"a${at}","outcome":"acked"}\n`);
    writeFileSync(join(workspace.folder, 'sent'), ids.join(''));
    writeFileSync(join(workspace.folder, 'received'), '{"id":"b"}\n');
    return await workspace.run(['audit', '--sent', 'sent', '--received', 'received'], { ...job, ...env });
  };

  it('are annotated too', async () => {
    const { code, stderr } = await foreign({});
    expect(code).toBe(1);
    expect(commandsIn(stderr)[0]).toContain('::error title=records%3A ✗ FAIL::');
  });

  it('are no commands for the runner, whatever they hold', async () => {
    writeFileSync(
      join(workspace.folder, 'hostile'),
      `{"id":"::stop-commands::x","outcome":"acked"}\n{"id":"##[stop-commands]x","outcome":"acked"}\n`,
    );
    const { code, stdout, stderr } = await workspace.run(['audit', '--sent', 'hostile', '--received', 'received'], job);
    expect(code).toBe(1);
    expect(stdout).toContain('stop-commands');
    expect(stdout).not.toMatch(/^\s*::|##\[/m);
    expect(commandsIn(stderr).every((line) => line.startsWith('::error title='))).toBe(true);
  });

  it('a summary stays within the MiB of its step', async () => {
    const full = join(workspace.folder, 'full.md');
    writeFileSync(full, 'x'.repeat(1024 * 1024 - 600));
    expect((await foreign({ GITHUB_STEP_SUMMARY: full })).code).toBe(1);
    expect(statSync(full).size).toBeLessThanOrEqual(1024 * 1024);
    expect(readFileSync(full, 'utf8')).toMatch(/# ✗ FAIL.*… and more: the whole of it is in the run folder\.\n$/s);
    writeFileSync(full, 'x'.repeat(1024 * 1024));
    expect((await foreign({ GITHUB_STEP_SUMMARY: full })).stderr).toContain(
      '::warning title=mqchaos::the job summary is',
    );
    expect(statSync(full).size).toBe(1024 * 1024);
  });

  it('elsewhere nothing of that happens', async () => {
    const other = join(workspace.folder, 'other.md');
    const { stderr } = await foreign({ GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: other });
    expect(commandsIn(stderr)).toEqual([]);
    expect(existsSync(other)).toBe(false);
  });
});

it('what could not be begun is an annotation', async () => {
  const { code, stderr } = await workspace.run(['run', 'no-such-profile'], job);
  expect(code).toBe(2);
  expect(commandsIn(stderr)).toEqual([expect.stringContaining('::error title=mqchaos::')]);
});
