/** Runs that are held to the contract of their settings: what it allows is reported, what it forbids fails the run. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/report/record.ts';
import { Workspace } from '../support/tool.ts';
import { accusations, pass } from './support/carried-out.ts';

const small = ['producers.messages=4000', 'producers.rate=1000/s'];
const held = 'expect=contract';

function lossOf({ findings }: RunRecord) {
  return findings.find(({ class: name }) => name === 'lost');
}

describe('held to the contract', () => {
  it('an asynchronous flush may lose in a power cut', async () => {
    using workspace = new Workspace();
    const { record } = await pass(workspace, 'sync-flush-off', [...small, held]);
    expect(record.counts.lost).toBeGreaterThan(0);
    expect(lossOf(record)).toMatchObject({ allowed: true, contract: { allowed: true } });
    expect(lossOf(record)?.contract?.because).toContain(
      'asynchronous flush (every 500ms, or 10s when little is written) may lose',
    );
    expect(record.findings.filter(({ count, contract }) => count > 0 && contract?.allowed !== true)).toEqual([]);

    const again = await workspace.run(['audit', join(workspace.folder, 'run'), '--json']);
    expect(again.code, again.stderr).toBe(0);
    expect((JSON.parse(again.stdout) as RunRecord).findings).toEqual(record.findings);
  });

  it('and nothing when the process alone is killed: that is in the page cache', async () => {
    using workspace = new Workspace();
    const run = await pass(workspace, 'kill-async-flush', [...small, held]);
    expect(accusations(run)).toEqual({});
    const { record } = run;
    expect(record.counts.attempted).toBe(4000);
    expect(record.faults).toMatchObject([{ injected: expect.any(Number), healed: expect.any(Number) }]);
    expect(record.profile?.expect).toMatchObject({ contract: true, limits: { lost: 0 } });
    expect(record.findings.filter(({ count, contract }) => count > 0 && contract?.allowed !== true)).toEqual([]);
  });

  it('a broker that acknowledges before it flushes breaks it', async () => {
    using workspace = new Workspace();
    const sets = [...small, held, 'cluster.defects=[ack-before-flush]'].flatMap((set) => ['--set', set]);
    const { code, stdout, stderr } = await workspace.run(['run', 'sync-flush', '--seed', '1', '--json', ...sets]);
    expect(code, stderr).toBe(1);
    const record = JSON.parse(stdout) as RunRecord;
    expect(lossOf(record)).toMatchObject({ allowed: false, limit: 0, contract: { allowed: false } });
    expect(record.verdict.reasons[0]).toContain('by the contract: with flush sync it had to be on the disk');
    expect(record.verdict.reasons[0]).toContain('ack-before-flush');
  });
});
