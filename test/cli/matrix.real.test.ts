import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markedProcesses } from '../../src/cluster/undo/undo.ts';
import type { MatrixRecord } from '../../src/matrix/record.ts';
import type { Result } from '../../src/matrix/result.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { Workspace } from '../support/tool.ts';

const retry = ['matrix', '--only', 'retry', '--seed', '7', '--json', '--out', 'm'];

function resultsIn(workspace: Workspace): Result[] {
  const lines = readFileSync(join(workspace.folder, 'm', 'results.ndjson'), 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Result);
}

function recordIn(workspace: Workspace, run: string): RunRecord {
  return JSON.parse(readFileSync(join(workspace.folder, 'm', 'runs', run, 'record.json'), 'utf8')) as RunRecord;
}

/** When this run sends: its producer's journal holds more than its header. */
async function sending(workspace: Workspace, run: string): Promise<void> {
  const journal = join(workspace.folder, 'm', 'runs', run, 'journal', 'p1.1.journal');
  const begun = (): true | undefined => (existsSync(journal) && statSync(journal).size > 8192 ? true : undefined);
  expect(await poll(begun, { everyMs: 20, boundMs: 60_000, signal: noAbort })).toBe(true);
}

async function nothingRuns(folder: string): Promise<void> {
  await poll(() => (markedProcesses(folder).length === 0 ? true : undefined), {
    everyMs: 50,
    boundMs: 15_000,
    signal: noAbort,
  });
  expect(markedProcesses(folder)).toEqual([]);
}

describe('mqchaos matrix', () => {
  it('runs two measures on and off and proves them', { timeout: 300_000 }, async () => {
    using workspace = new Workspace();
    const args = ['matrix', '--only', 'sync-flush', 'retry', '--seed', '7', '--json', '--out', 'm'];
    const { code, stdout, stderr } = await workspace.run(args);
    expect(code, stderr).toBe(0);
    const folder = join(workspace.folder, 'm');
    const record = JSON.parse(stdout) as MatrixRecord;
    expect(record).toEqual(JSON.parse(readFileSync(join(folder, 'matrix.json'), 'utf8')));
    expect(record.rows.map(({ measure, verdict }) => [measure, verdict])).toEqual([
      ['retry', 'proven'],
      ['sync-flush', 'proven'],
    ]);
    for (const { harm, halves } of record.rows) {
      expect(halves.map(({ half, attempted, harmed }) => [half, attempted, harmed])).toEqual([
        ['on', 4000, 0],
        ['off', 4000, 1],
      ]);
      const [on, off] = halves.map(({ runs }) => runs[0]);
      expect(on?.seed).toBe(off?.seed);
      // which messages: row → run → findings
      const findings = readFileSync(join(folder, off?.folder ?? '', 'findings.ndjson'), 'utf8')
        .trimEnd()
        .split('\n');
      const harmed = findings.map((line) => JSON.parse(line)).filter((finding) => harm.includes(finding.class));
      expect(harmed).toHaveLength(halves[1]?.harm ?? -1);
    }
    expect(readFileSync(join(folder, 'matrix.md'), 'utf8')).toContain('✓ PASS: 2 of 2 measures proven');
    expect(stderr.split('\n').filter((line) => /^\d\/4 /.test(line))).toHaveLength(4);
    // what is big is gone, and a run can be judged again all the same
    expect(readdirSync(join(folder, 'runs', 'retry-off-01', 'nodes', 'b1')).sort()).toEqual([
      'stderr.log',
      'stdout.log',
    ]);
    const again = await workspace.run(['audit', 'm/runs/retry-off-01', '--json']);
    expect([again.code, JSON.parse(again.stdout).counts]).toEqual([0, recordIn(workspace, 'retry-off-01').counts]);
  });

  it('goes on after kill -9 in the middle of a run, and does only that one again', { timeout: 300_000 }, async () => {
    using workspace = new Workspace();
    const tool = workspace.start(retry);
    await tool.said('1/2  retry');
    await sending(workspace, 'retry-off-01');
    tool.process.kill('SIGKILL');
    await tool.end;
    await nothingRuns(join(workspace.folder, 'm', 'runs', 'retry-off-01'));
    const [first, ...others] = resultsIn(workspace);
    expect([first?.folder, others]).toEqual(['runs/retry-on-01', []]);
    const { run } = recordIn(workspace, 'retry-on-01');
    const resumed = await workspace.run(['matrix', '--resume', 'm', '--json']);
    expect(resumed.code, resumed.stderr).toBe(0);
    const record = JSON.parse(resumed.stdout) as MatrixRecord;
    expect([record.seed, record.rows.map(({ verdict }) => verdict)]).toEqual([7, ['proven']]);
    expect(resultsIn(workspace).map(({ folder }) => folder)).toEqual(['runs/retry-on-01', 'runs/retry-off-01']);
    expect(recordIn(workspace, 'retry-on-01').run).toBe(run);
    expect(recordIn(workspace, 'retry-off-01').verdict.value).toBe('pass');
    // nothing is left to do
    const once = await workspace.run(['matrix', '--resume', 'm', '--json']);
    expect([once.code, once.stdout]).toEqual([0, resumed.stdout]);
  });

  it('interrupted by Ctrl-C heals and judges its run, shows what there is, and exits 130', async () => {
    using workspace = new Workspace();
    const tool = workspace.start(retry);
    await sending(workspace, 'retry-on-01');
    tool.process.kill('SIGINT');
    const { code, stdout, stderr } = await tool.end;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('mqchaos matrix --resume m');
    const record = JSON.parse(stdout) as MatrixRecord;
    expect(record.rows[0]).toMatchObject({ verdict: 'inconclusive', reasons: ['on: 0 of 1 runs', 'off: 0 of 1 runs'] });
    expect(recordIn(workspace, 'retry-on-01').verdict.reasons.join('\n')).toContain('interrupted by SIGINT');
    expect(resultsIn(workspace)).toEqual([]);
    await nothingRuns(join(workspace.folder, 'm', 'runs', 'retry-on-01'));
  });

  it('refuses to count runs of two different plans together', async () => {
    using workspace = new Workspace();
    const tool = workspace.start(retry);
    await tool.said('1/2  retry');
    tool.process.kill('SIGTERM');
    expect((await tool.end).code).toBe(143);
    const choices = join(workspace.folder, 'm', 'choices.json');
    writeFileSync(choices, readFileSync(choices, 'utf8').replace('"set": []', '"set": ["producers.messages=3000"]'));
    const { code, stderr } = await workspace.run(['matrix', '--resume', 'm']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not the plan that retry has now')]);
  });

  it('names what a cluster cannot show, with the reason, and runs none of it', async () => {
    using workspace = new Workspace();
    writeFileSync(
      join(workspace.folder, 'kafka.yaml'),
      'cluster: { broker: kafka, attach: ["127.0.0.1:1"], control: [{ id: b1, address: "127.0.0.1:1", pidFile: /x, start: "true" }] }\n',
    );
    const only = ['--only', 'several-masters', 'sync-flush', 'sync-replication'];
    const { code, stdout } = await workspace.run(['matrix', ...only, '--cluster', 'kafka.yaml', '--json']);
    const { rows } = JSON.parse(stdout) as MatrixRecord;
    expect(code).toBe(3);
    expect(rows.map(({ measure, verdict, reasons }) => [measure, verdict, reasons.join('\n')])).toEqual([
      ['several-masters', 'not-run', 'it takes 2 brokers, and the cluster file names 1'],
      ['sync-flush', 'not-run', expect.stringContaining('only a power cut takes it')],
      ['sync-replication', 'not-run', 'it takes 3 brokers, and the cluster file names 1'],
    ]);
  });

  it('names what needs a program that is not there, with the install line of the doctor', async () => {
    using workspace = new Workspace();
    const env = { PATH: workspace.folder };
    const { code, stdout } = await workspace.run(['matrix', '--only', 'redis-set', '--json'], env);
    const { rows } = JSON.parse(stdout) as MatrixRecord;
    expect(code).toBe(3);
    const doctor = await workspace.run(['doctor', '--json'], env);
    const { says } = JSON.parse(doctor.stdout).checks.find(({ name }: { name: string }) => name === 'store redis');
    expect(rows[0]).toMatchObject({ verdict: 'not-run', reasons: [says] });
    expect(says).toContain('install');
  });
});
