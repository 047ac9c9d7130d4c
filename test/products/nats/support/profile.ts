/** A profile from its text. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile } from '../../../../src/profile/load.ts';

/** @param text all that follows the question. */
export function parseProfile(text: string): ReturnType<typeof loadProfile> {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-nats-'));
  try {
    const file = join(folder, 'profile.yaml');
    writeFileSync(file, `version: 1\nname: test\nquestion: Is it so?\n${text}`);
    return loadProfile(file, { env: {} });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
