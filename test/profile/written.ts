import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolError } from '../../src/errors.ts';
import { type LoadOptions, loadProfile } from '../../src/profile/load.ts';
import type { Profile } from '../../src/profile/schema.ts';

/** A folder with these files in it. */
export function written(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** The profile of `profile.yaml` among these files. */
export function load(files: string | Readonly<Record<string, string>>, options: LoadOptions = {}): Profile {
  const folder = written(typeof files === 'string' ? { 'profile.yaml': files } : files);
  return loadProfile(join(folder, 'profile.yaml'), { env: {}, ...options });
}

/** The lines of the error that loading gives, with the folder's name taken out. */
export function errorsOf(files: string | Readonly<Record<string, string>>, options: LoadOptions = {}): string[] {
  const folder = written(typeof files === 'string' ? { 'profile.yaml': files } : files);
  const error = caught(() => loadProfile(join(folder, 'profile.yaml'), { env: {}, ...options }));
  return error.message.replaceAll(`${folder}/`, '').split('\n');
}

export function caught(action: () => unknown): ToolError {
  try {
    action();
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
  throw new Error('expected a ToolError');
}

/** The smallest profile, with more lines below. */
export function small(more = '', cluster = '{ broker: bundled, masters: 2 }'): string {
  return `version: 1\nname: small\nquestion: Why?\ncluster: ${cluster}\n${more}`;
}

/** A profile that attaches to a cluster, one line a key of `cluster`. */
export function attached(cluster: readonly string[], more = ''): string {
  const lines = ['broker: kafka', ...cluster].map((line) => `  ${line}\n`);
  return `version: 1\nname: small\nquestion: Why?\ncluster:\n${lines.join('')}${more}`;
}
