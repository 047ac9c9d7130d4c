/** `mqchaos worker check`: right workers pass every step, and each wrong one fails the step that is about its fault. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Workspace } from '../../support/tool.ts';

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));

interface Checked {
  readonly passed: boolean;
  readonly steps: readonly { readonly name: string; readonly outcome: string; readonly seen?: string }[];
}

async function check(role: string, argv: readonly string[]): Promise<Checked & { readonly code: number | null }> {
  using workspace = new Workspace();
  const { code, stdout, stderr } = await workspace.run(['worker', 'check', '--role', role, '--json', '--', ...argv]);
  if (stdout === '') throw new Error(stderr);
  return { code, ...(JSON.parse(stdout) as Checked) };
}

describe('a right worker', () => {
  it.each([
    ['producer', []],
    ['producer', ['chooses']],
    ['consumer', []],
  ])('passes as a %s (%j)', async (role, options) => {
    const { code, passed, steps } = await check(role, [process.execPath, worker, ...options]);
    expect(steps.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect({ code, passed }).toEqual({ code: 0, passed: true });
  });
});

describe('a wrong worker', () => {
  it.each([
    ['producer', 'wrong version', 'hello', "'protocol' must be 1"],
    ['producer', 'early', '200 sends at once', 'it has ended with exit code 3, and said last: I have had enough'],
    ['producer', 'silent', '200 sends at once', 'no answer to 4 of 200, sends 50, 100, 150, 200'],
    ['producer', 'liar', 'what was acked', 'send 50 was acked, and is not in the log'],
    ['producer', 'deaf', 'SIGTERM', 'it is still there after 10 s'],
    ['producer', 'twice', 'nothing else on stdout', 'send 50 is answered 2 times'],
    ['producer', 'garbage', 'nothing else on stdout', 'it is not JSON: "connected to broker 1"'],
    ['consumer', 'mumbler', '100 messages', '2 of 100 were never reported'],
    ['consumer', 'hasty', 'committed', 'was not processed yet when it said {"type":"committed"'],
  ])('as a %s, %s: fails at "%s"', async (role, misdeed, step, seen) => {
    const { code, passed, steps } = await check(role, [process.execPath, worker, misdeed]);
    expect({ code, passed }).toEqual({ code: 1, passed: false });
    expect(steps.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { name: step, seen: expect.stringContaining(seen) },
    ]);
  });

  it('a program that is not there is exit 4, an unknown role exit 2', async () => {
    using workspace = new Workspace();
    const missing = await workspace.run(['worker', 'check', '--role', 'producer', '--', 'no-such-program']);
    expect(missing.code).toBe(4);
    expect(missing.stderr).toContain('the command did not start');
    expect(missing.stderr).toContain('check that no-such-program is installed');
    const role = await workspace.run(['worker', 'check', '--role', 'reader', '--', 'x']);
    expect(role.code).toBe(2);
  });
});
