/** Runs with workers of the user's own: right ones under every fault that acts on workers, and wrong ones of every kind. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { assertEffectSums, assertSums } from '../../../src/audit/counts.ts';
import { markedProcesses } from '../../../src/cluster/undo/undo.ts';
import type { RunRecord } from '../../../src/report/record.ts';
import { noAbort, poll } from '../../../src/wait.ts';
import { accusations, eventsOf } from '../../run/support/carried-out.ts';
import { processesIn } from '../../support/processes.ts';
import { Workspace } from '../../support/tool.ts';

const patiently = { everyMs: 20, boundMs: 20_000, signal: noAbort };
const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));
const command = (...misdeeds: string[]): string => JSON.stringify([process.execPath, worker, ...misdeeds]);

interface Asked {
  readonly producer?: string;
  readonly consumer?: string;
  readonly timeout?: string;
  readonly faults?: string;
}

function profileOf({ producer = command(), consumer = command(), timeout = '1s', faults = '' }: Asked): string {
  return `version: 1
name: own
question: What do workers of one's own do?
cluster: { broker: bundled, masters: 1 }
topic: { partitions: 3 }
producers: { command: ${producer}, count: 1, send: async, window: 20, messages: 1500, rate: 500/s, timeout: ${timeout} }
consumers: { command: ${consumer}, count: 2, sessionTimeout: 1s }
${faults}
limit: 2m
`;
}

interface Outcome {
  readonly code: number | null;
  readonly record: RunRecord;
  readonly said: string;
}

async function carriedOut(workspace: Workspace, asked: Asked, env: Record<string, string> = {}): Promise<Outcome> {
  writeFileSync(join(workspace.folder, 'own.yaml'), profileOf(asked));
  const { code, stdout, stderr } = await workspace.run(
    ['run', 'own.yaml', '--seed', '1', '--out', 'run', '--json'],
    env,
  );
  if (stdout === '') throw new Error(`no record:\n${stderr}`);
  const record = JSON.parse(stdout) as RunRecord;
  assertSums(record.counts);
  expect(markedProcesses(join(workspace.folder, 'run'))).toEqual([]);
  return { code, record, said: record.verdict.reasons.join('\n') };
}

describe('right workers', () => {
  it('are killed, stopped and paused like ours, and every message is accounted for', async () => {
    using workspace = new Workspace();
    const faults = `faults:
  - { at: 10%, do: kill, target: c1, for: 500ms }
  - { at: 25%, do: pause, target: p1, for: 1500ms }
  - { at: 40%, do: kill, target: p1, for: 300ms }
  - { at: 55%, do: pause, target: c2, for: 500ms }
  - { at: 70%, do: stop, target: p1, for: 300ms }
  - { at: 85%, do: kill-paused, target: c1, for: 500ms }`;
    const outcome = await carriedOut(workspace, { faults }, { WORK_MS: '1' });
    const { code, record, said } = outcome;
    expect({ code, said }, said).toMatchObject({ code: 0 });
    expect(accusations({ ...outcome, journals: new Map() })).toEqual({});
    assertEffectSums(record.counts);
    expect(record.counts).toMatchObject({ attempted: 1500, unprocessed: 0 });
    expect(record.counts.effectOnce + record.counts.effectMore).toBe(
      record.counts.ackedDelivered + record.counts.recovered,
    );
    const [killed] = record.faults.map(({ evidence }) => evidence[0]);
    expect(killed).toMatchObject({ target: 'c1', kill: { signal: 'SIGKILL' } });
    // both that were paused stood still: what was in flight is not late by the pause
    expect(Object.keys(record.answers?.unknown ?? {})).not.toContain('deadline');
  });
});

describe('a producer that chooses the partition of each message', () => {
  it('sends to partitions that nobody asked for, and none is misrouted', async () => {
    using workspace = new Workspace();
    const outcome = await carriedOut(workspace, { producer: command('chooses') });
    expect(outcome.code, outcome.said).toBe(0);
    expect(accusations({ ...outcome, journals: new Map() })).toEqual({});
    expect(outcome.record.counts).toMatchObject({ acked: 1500, ackedDelivered: 1500, misrouted: 0 });
  });
});

describe('wrong producers', () => {
  it('one that says what is not so is told with its line, and nothing is called lost for it', async () => {
    using workspace = new Workspace();
    const producer = command('garbage', 'stranger', 'two-faced', 'twice', 'flood');
    const { code, record, said } = await carriedOut(workspace, { producer });
    expect(code, said).toBe(3);
    expect(record.counts).toMatchObject({ attempted: 1500, lost: 0, contradicted: 0, phantom: 0 });
    expect(record.counts.unknown).toBe(30);
    expect(said).toContain('the command of worker p1.1: it is not JSON: "connected to broker 1"');
    expect(said).toContain("the command of worker p1.1: send 50 is answered twice: 'acked', then 'rejected'");
    expect(said).toContain("send 1000000000 is answered 'acked', and was never asked for");
    expect(said).toMatch(/the command of worker p1\.1: and \d+ more of the kind/);
    const { size } = statSync(join(workspace.folder, 'run', 'workers', 'p1.1', 'command.log'));
    expect(size).toBeGreaterThan(1024 * 1024);
    expect(size).toBeLessThan(1024 * 1024 + 100);
  });

  it('one that acknowledges what it never sent loses it, which is found', async () => {
    using workspace = new Workspace();
    const { code, record } = await carriedOut(workspace, { producer: command('liar') });
    expect([code, record.counts.lost]).toEqual([1, 30]);
  });

  it('one that does not answer leaves unknown attempts, which are tried again', async () => {
    using workspace = new Workspace();
    const { code, record, said } = await carriedOut(workspace, {
      producer: command('silent'),
      timeout: '200ms',
    });
    expect(code, said).toBe(0);
    expect(record.answers?.unknown).toMatchObject({ deadline: expect.any(Number) });
    expect(record.counts.acked).toBe(1500);
  });

  it('one that ends early is an incident, with its exit code and its last words', async () => {
    using workspace = new Workspace();
    const { code, said, record } = await carriedOut(workspace, { producer: command('early') });
    expect(code, said).toBe(3);
    expect(said).toContain(
      'worker p1.1: its command ended by itself with exit code 3; it said last: I have had enough',
    );
    expect(record.counts.lost).toBe(0);
  });
});

describe('wrong consumers', () => {
  it('what one has received and did not say right is unseen, never skipped', async () => {
    using workspace = new Workspace();
    const { code, record, said } = await carriedOut(workspace, { consumer: command('mumbler') });
    expect(code, said).toBe(3);
    expect(record.counts).toMatchObject({ lost: 0, skipped: 0, unprocessed: 0 });
    expect(record.counts.unseen).toBeGreaterThan(10);
    expect(said).toMatch(/c\d\.1\.journal: lines of its command could not be used, so receipts may be missing/);
  });

  it('one that does not end when it is told to is killed, which is an incident', async () => {
    using workspace = new Workspace();
    const { code, said } = await carriedOut(workspace, { consumer: command('deaf') });
    expect(code, said).toBe(3);
    expect(said).toMatch(/worker c1 was killed: it had not ended \d+ ms after it was told to/);
  });
});

describe('whatever is killed by others', () => {
  it.each([
    ['the command', 'its command ended by itself with signal SIGKILL'],
    ['its recorder', 'its recorder did not end in order'],
  ])('%s: the run is inconclusive, says why, and accuses nobody', async (what, why) => {
    using workspace = new Workspace();
    writeFileSync(join(workspace.folder, 'own.yaml'), profileOf({}));
    const tool = workspace.start(['run', 'own.yaml', '--seed', '1', '--out', 'run', '--json'], { WORK_MS: '1' });
    await tool.said('sending');
    const run = join(workspace.folder, 'run');
    const pid = await poll(() => (what === 'its recorder' ? recorderOf(run) : commandOf(run)), patiently);
    if (pid === undefined) throw new Error(`there is no process of ${what}`);
    process.kill(pid, 'SIGKILL');
    const { code, stdout, stderr } = await tool.end;
    expect(code, stderr).toBe(3);
    const { counts, verdict } = JSON.parse(stdout) as RunRecord;
    expect(verdict.reasons.join('\n')).toContain(why);
    expect(counts).toMatchObject({ lost: 0, skipped: 0, unprocessed: 0, phantom: 0 });
    expect(markedProcesses(run)).toEqual([]);
  });

  it('kill -9 of the tool leaves no command behind', async () => {
    using workspace = new Workspace();
    writeFileSync(join(workspace.folder, 'own.yaml'), profileOf({}));
    const tool = workspace.start(['run', 'own.yaml', '--seed', '1', '--out', 'run']);
    await tool.said('sending');
    const run = join(workspace.folder, 'run');
    const answered = async (): Promise<true | undefined> => {
      const events = await eventsOf(join(run, 'journal', 'p1.1.journal'));
      return events.some(({ kind }) => kind === 'outcome') || undefined;
    };
    expect(await poll(answered, patiently)).toBe(true);
    tool.process.kill('SIGKILL');
    expect(await poll(() => (markedProcesses(run).length === 0 ? true : undefined), patiently)).toBe(true);
    const { code, stdout } = await workspace.run(['audit', 'run', '--json']);
    const { counts } = JSON.parse(stdout) as RunRecord;
    expect({ code, counts }).toMatchObject({ code: 3, counts: { lost: 0, skipped: 0, unprocessed: 0 } });
  });
});

/** It works in the worker's folder. */
function recorderOf(run: string): number | undefined {
  return processesIn(join(run, 'workers', 'c1.1'))[0];
}

/** It works where the tool does, and the recorder has started it. */
function commandOf(run: string): number | undefined {
  const isChild = new RegExp(`^PPid:\\s*${recorderOf(run)}$`, 'm');
  return markedProcesses(run).find((pid) => isChild.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
}
