import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import { type LoadOptions, loadProfile } from '../../src/profile/load.ts';
import type { Profile } from '../../src/profile/schema/schema.ts';

/** A folder with these files in it, as long as the test lasts. */
export function written(files: Readonly<Record<string, string>>): string {
  const folder = newFolder(files);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The profile of `profile.yaml` among these files. */
export function load(files: string | Readonly<Record<string, string>>, options: LoadOptions = {}): Profile {
  return inFolder(files, (folder) => loadProfile(join(folder, 'profile.yaml'), { env: {}, ...options }));
}

/** The lines of the error that loading gives, with the folder's name taken out. */
export function errorsOf(files: string | Readonly<Record<string, string>>, options: LoadOptions = {}): string[] {
  return inFolder(files, (folder) => {
    const error = caught(() => loadProfile(join(folder, 'profile.yaml'), { env: {}, ...options }));
    return error.message.replaceAll(`${folder}/`, '').split('\n');
  });
}

function inFolder<T>(files: string | Readonly<Record<string, string>>, use: (folder: string) => T): T {
  const folder = newFolder(typeof files === 'string' ? { 'profile.yaml': files } : files);
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function newFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-profile-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
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
