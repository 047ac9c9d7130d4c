/** Faults of connections in whole runs, on the bundled broker. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/report/record.ts';
import { processesIn } from '../support/processes.ts';
import { Workspace } from '../support/tool.ts';

function recordOf(folder: string): RunRecord {
  return JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8'));
}

async function run(workspace: Workspace, profile: string): Promise<RunRecord> {
  const { code, stderr, stdout } = await workspace.run(['run', profile, '--seed', '7', '--out', 'run']);
  expect(code, `${stderr}\n${stdout}`).toBe(0);
  return recordOf(join(workspace.folder, 'run'));
}

describe('connections that break', () => {
  it.each(['broken-connections', 'slow-links'])('%s: every fault takes hold, is healed and tried', async (profile) => {
    using workspace = new Workspace();
    const { faults, counts, verdict } = await run(workspace, profile);
    expect(verdict.value).toBe('pass');
    expect(counts.lost).toBe(0);
    for (const { do: deed, injected, healed, evidence } of faults.filter((fault) => fault.do !== 'kill')) {
      expect([injected, healed], deed).toEqual([expect.any(Number), expect.any(Number)]);
      const links = evidence.flatMap(({ link }) => (link as { links?: readonly { met?: number }[] }).links ?? []);
      expect(
        links.some(({ met }) => met !== undefined && met > 0),
        deed,
      ).toBe(true);
      expect(JSON.stringify(evidence), deed).toContain('"node":"joined"');
    }
  });
});

describe('a master that is cut off from its set and goes on acknowledging', () => {
  it('loses nothing with acks all', async () => {
    using workspace = new Workspace();
    const { counts, faults } = await run(workspace, 'partitioned-minority');
    expect(counts.lost).toBe(0);
    expect(faults[0]).toMatchObject({ do: 'partition', target: ['b1'] });
  });

  it('loses what it alone has acknowledged', async () => {
    using workspace = new Workspace();
    expect((await run(workspace, 'partitioned-minority-acks-one')).counts.lost).toBeGreaterThan(0);
  });
});

it('a run that is killed while a link is bent leaves no process, and its folder is judged without a false loss', async () => {
  using workspace = new Workspace();
  const tool = workspace.start(['run', 'broken-connections', '--seed', '7', '--out', 'run']);
  await tool.said('half-open b1 injected');
  tool.process.kill('SIGKILL');
  await tool.end;
  const folder = join(workspace.folder, 'run');
  await expect.poll(() => processesIn(folder), { timeout: 20_000, interval: 100 }).toEqual([]);
  const { code, stdout } = await workspace.run(['audit', 'run', '--json']);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: { value: 'inconclusive' }, counts: { lost: 0 } });
});
