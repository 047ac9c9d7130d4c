import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import { markedProcesses } from '../../src/cluster/undo/undo.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { type ToolResult, Workspace } from '../support/tool.ts';

/** The README's first command, once; everything below looks at what it left. */
describe('mqchaos run quick', () => {
  const workspace = new Workspace();
  const folder = join(workspace.folder, 'run');
  let result: ToolResult;
  let record: RunRecord;
  beforeAll(async () => {
    result = await workspace.run(['run', 'quick', '--seed', '7', '--out', 'run', '--json']);
    record = JSON.parse(result.stdout) as RunRecord;
  });
  afterAll(() => workspace[Symbol.dispose]());

  it('passes, and puts one document on stdout', () => {
    expect(result.code, result.stderr).toBe(0);
    expect(record.verdict.value).toBe('pass');
    expect(JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8'))).toEqual(record);
  });

  it('accounts for every message, and the numbers add up', () => {
    const { counts } = record;
    expect(counts.attempted).toBe(20_000);
    expect(counts.acked).toBeGreaterThanOrEqual(19_000);
    expect(counts.attempted).toBe(counts.acked + counts.degraded + counts.rejected + counts.unknown);
    expect(counts.acked).toBe(counts.ackedDelivered + counts.lost + counts.skipped + counts.unseen);
    expect(counts.degraded + counts.rejected + counts.unknown).toBe(
      counts.degradedDelivered +
        counts.degradedLost +
        counts.recovered +
        counts.contradicted +
        counts.undelivered +
        counts.pending,
    );
    expect(counts.lost + counts.rolledBack + counts.skipped + counts.unseen + counts.pending).toBe(0);
  });

  it('has the kill on record, with its evidence', () => {
    const [fault] = record.faults;
    expect(fault).toMatchObject({ id: 'f1', do: 'kill', injected: expect.any(Number), healed: expect.any(Number) });
    expect(JSON.stringify(fault?.evidence)).toContain('"signal":"SIGKILL"');
    expect(fault?.trigger).toMatchObject({ due: '40%' });
  });

  it('proved the drain and read the whole log', () => {
    expect(record.drain.steps.map(({ step, ok }) => [step, ok])).toEqual(
      ['settled', 'healed', 'probed', 'renewed', 'drained', 'read'].map((step) => [step, true]),
    );
    expect(record.reads.every((read) => read.complete)).toBe(true);
    expect(record.reads).toHaveLength(8);
  });

  it('leaves reports, and nothing running', () => {
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining([
        'plan.json',
        'record.json',
        'findings.ndjson',
        'junit.xml',
        'report.md',
        'report.html',
        'timeline.json',
        'ledger.ndjson',
      ]),
    );
    expect(markedProcesses(folder)).toEqual([]);
    expect(existsSync(join(folder, 'nodes', 'b1'))).toBe(true);
  });

  it('is judged the same again, and reported again', async () => {
    const again = await workspace.run(['audit', 'run', '--json']);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual(record);
    const report = await workspace.run(['report', 'run']);
    expect(report.code).toBe(0);
    expect(linesOf(report.stdout)).toEqual(expect.arrayContaining(linesInReadme()));
  });

  it('has its schedule in a plan that can be carried out again', async () => {
    const plan = await workspace.run(['plan', 'quick', '--seed', '7', '--json']);
    expect(plan.stdout).toBe(readFileSync(join(folder, 'plan.json'), 'utf8'));
  });

  it('has journals that can be read', async () => {
    const { stdout, code } = await workspace.run(['journal', join('run', 'journal', 'runner.journal')]);
    expect(code).toBe(0);
    const kinds = new Set(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { kind: string }).kind),
    );
    expect([...kinds]).toEqual(expect.arrayContaining(['header', 'phase', 'node', 'worker', 'fault', 'drain', 'mark']));
  });
});

/** Lines of the README's example that every run of the same profile has, whatever its numbers are. */
function linesInReadme(): string[] {
  const readme = readFileSync(join(packageFolder, 'README.md'), 'utf8');
  const lines = linesOf(/```\n(✓ PASS[^`]*)```/.exec(readme)?.[1] ?? '');
  const stable = lines.filter((line) =>
    /^(✓|Is |None |- |attempted|acked|latency|ack |end to end|f0 |files)/.test(line),
  );
  expect(stable).toHaveLength(11);
  return stable;
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) =>
    line
      .trim()
      .replaceAll(/\d+(\.\d+)?/g, '0')
      .replaceAll(/ +/g, ' ')
      .replace('0 messages late', '0 message late'),
  );
}
