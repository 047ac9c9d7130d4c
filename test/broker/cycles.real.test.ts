import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

/** One run of kills, one of power cuts. The soak is the same script with more of them. */
it('50 kills and power cuts of a master that flushes before it answers: nothing lost, nothing stored twice', () => {
  const out = mkdtempSync(join(tmpdir(), 'mqchaos-cycles-'));
  try {
    const script = resolve(import.meta.dirname, '../soak/cycles.mjs');
    const args = [script, '--cycles', '50', '--cycles-per-run', '25', '--out', out];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain('50 cycles in 2 runs');
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}, 600_000);
