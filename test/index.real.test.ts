import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** By the package's own name, as a user of the library would import it. */
it('carries out and judges a run by the programmatic interface', async () => {
  const { compilePlan, judge, loadProfile, makeRunFolder, run, silent } = await import('mqchaos');
  const home = mkdtempSync(join(tmpdir(), 'mqchaos-api-'));
  try {
    const set = ['producers.messages=400', 'producers.rate=max', 'faults=[]'];
    const plan = compilePlan(loadProfile('quick', { set }), 7);
    const folder = makeRunFolder(plan.seed, join(home, 'run'));
    expect(await run(plan, folder, silent, AbortSignal.timeout(60_000))).toBeUndefined();
    const record = await judge(folder);
    expect(record.verdict.value).toBe('pass');
    expect(record.counts.attempted).toBe(400);
  } finally {
    rmSync(home, { recursive: true });
  }
});
