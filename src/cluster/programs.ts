/** Finds the programs that a product's nodes are made of: on the PATH, or in the folder of a distribution. */
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { exitCodes, ToolError } from '../errors.ts';
import type { ProgramNeed } from '../products/product.ts';
import { askProgram } from './process.ts';

/** Where `mqchaos fetch` puts distributions: one folder each, `NAME-VERSION`, with `NAME` a link to the newest. */
export function fetchedFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mqchaos');
}

/**
 * Paths of what is needed, by its name.
 * @throws ToolError `program-missing` or `program-too-old` (exit 4), with the command that installs it.
 */
export async function findPrograms(needs: readonly ProgramNeed[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const need of needs) {
    const path = candidatesOf(need).find((path) => isUsable(path, need));
    if (path === undefined) throw missing(need);
    await checkVersion(need, path);
    found[need.name] = path;
  }
  return found;
}

function candidatesOf({ candidates, home }: ProgramNeed): string[] {
  const given = home?.given;
  if (given !== undefined) return candidates.map((name) => resolve(given, name));
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return candidates.flatMap((name) => {
    if (home?.fetched !== undefined) return [join(fetchedFolder(), home.fetched, name)];
    return isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  });
}

/** A program that may be executed, or the folder of jars of what `mqchaos fetch` brings. */
function isUsable(path: string, { home }: ProgramNeed): boolean {
  try {
    if (statSync(path).isDirectory()) return home?.fetched !== undefined;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function checkVersion({ name, version, install }: ProgramNeed, path: string): Promise<void> {
  if (version === undefined) return;
  const said = statSync(path).isDirectory() ? readdirSync(path).join('\n') : await askProgram(path, version.args);
  const [, found] = version.pattern.exec(said) ?? [];
  if (found === undefined) {
    throw refusal(`${name}: ${path} does not tell its version`, 'program-odd', `check what it is, or ${install}`);
  }
  if (compareVersions(found, version.least) >= 0) return;
  const old = `${name}: ${path} is version ${found}; at least ${version.least} is needed`;
  throw refusal(old, 'program-too-old', install);
}

/** Negative when `a` is the older one; numbers between dots compare, what follows them does not. */
export function compareVersions(a: string, b: string): number {
  const numbers = (text: string): number[] => text.split(/[.\-+]/).map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function missing({ name, candidates, home, install }: ProgramNeed): ToolError {
  const given = home?.given;
  if (given !== undefined) {
    const what = existsSync(given) ? `has no ${candidates.join(' or ')}` : 'is not there';
    return refusal(
      `${name}: cluster.home ${given} ${what}`,
      'program-missing',
      `give the folder of an unpacked distribution, or ${install}`,
    );
  }
  const where = home?.fetched === undefined ? 'on the PATH' : `in ${fetchedFolder()}`;
  return refusal(
    `${name} is not installed: there is no ${candidates.join(' or ')} ${where}`,
    'program-missing',
    install,
  );
}

function refusal(message: string, code: string, hint: string): ToolError {
  return new ToolError(message, { code, hint, exitCode: exitCodes.setup });
}
