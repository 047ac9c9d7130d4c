/**
 * Brings a distribution into the user's cache: `NAME-VERSION` there, and `NAME`, a link to it. The folder is made beside
 * and renamed when every jar in it has the checksum of the committed list, so that it is whole or not there, and two that
 * fetch at once end with one.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { processState } from '../../cluster/proc.ts';
import { fetchedFolder } from '../../cluster/programs.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { artifactsOf, type Distribution } from '../../products/distribution.ts';
import { copyJars, jarFolder } from './maven.ts';

export interface Fetched {
  readonly folder: string;
  /** It was there already, whole. */
  readonly found: boolean;
}

/** @throws ToolError (exit 4) without Maven, when it fails, and for jars that are not those of the list. */
export async function fetchDistribution(distribution: Distribution): Promise<Fetched> {
  const cache = fetchedFolder();
  const folder = folderOf(distribution);
  mkdirSync(cache, { recursive: true });
  removeAbandoned(cache, distribution);
  const found = differenceIn(folder, distribution) === undefined;
  if (!found) await make(folder, distribution);
  link(cache, distribution);
  return { folder, found };
}

/** Where it is, or would be. */
export function folderOf({ name, version }: Distribution): string {
  return join(fetchedFolder(), `${name}-${version}`);
}

/** The first jar that is not what the list says, in words; undefined: all are, and there are no others. */
export function differenceIn(folder: string, distribution: Distribution): string | undefined {
  const libs = join(folder, jarFolder);
  if (!existsSync(libs)) return `there is no ${libs}`;
  const artifacts = artifactsOf(distribution);
  const names = new Set(artifacts.map(({ jar }) => jar));
  const extra = readdirSync(libs).find((name) => !names.has(name));
  if (extra !== undefined) return `${extra} is not in the list`;
  for (const { jar, sha256 } of artifacts) {
    const path = join(libs, jar);
    if (!existsSync(path)) return `${jar} is missing`;
    const is = createHash('sha256').update(readFileSync(path)).digest('hex');
    if (is !== sha256) return `${jar} has the SHA-256 ${is}, the list says ${sha256}`;
  }
  return undefined;
}

async function make(folder: string, distribution: Distribution): Promise<void> {
  const temporary = mkdtempSync(`${join(fetchedFolder(), temporaryPrefix(distribution))}${process.pid}.`);
  try {
    await copyJars(distribution, temporary);
    const difference = differenceIn(temporary, distribution);
    if (difference !== undefined) throw notAsListed(distribution, difference);
    chmodSync(temporary, 0o755);
    install(temporary, folder, distribution);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** One rename. Who comes second finds it done; a folder that is not whole is put aside first, and goes with ours. */
function install(temporary: string, folder: string, distribution: Distribution): void {
  for (;;) {
    try {
      return renameSync(temporary, folder);
    } catch (error) {
      if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    if (differenceIn(folder, distribution) === undefined) return;
    putAside(folder, `${temporary}.old`);
  }
}

function putAside(folder: string, aside: string): void {
  try {
    renameSync(folder, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // another one has just done so
  }
  rmSync(aside, { recursive: true, force: true });
}

function link(cache: string, distribution: Distribution): void {
  const { name, version } = distribution;
  const temporary = join(cache, `${temporaryPrefix(distribution)}${process.pid}.link`);
  rmSync(temporary, { force: true }); // of a process of our number
  symlinkSync(`${name}-${version}`, temporary);
  renameSync(temporary, join(cache, name));
}

/** What a fetch left behind that was killed. Its process id is in the name. */
function removeAbandoned(cache: string, distribution: Distribution): void {
  const prefix = temporaryPrefix(distribution);
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith(prefix))) {
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    if (processState(pid) === undefined) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function temporaryPrefix({ name, version }: Distribution): string {
  return `.${name}-${version}.`;
}

function notAsListed({ name, version }: Distribution, difference: string): ToolError {
  return new ToolError(`what Maven gave as ${name} ${version} is not what the list pins: ${difference}`, {
    code: 'checksum-differs',
    hint: 'its repository on this machine may be damaged: remove that artifact from ~/.m2/repository and try again',
    exitCode: exitCodes.setup,
  });
}
