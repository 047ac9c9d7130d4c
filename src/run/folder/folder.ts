/** The run folder: everything a run leaves behind is in it. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ledgerFile } from '../../cluster/undo/ledger-file.ts';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import { timelineFile } from '../../report/timeline-file.ts';

export const runsFolder = join('.mqchaos', 'runs');
/** Of matrices, each with a `runs` folder of its own. */
export const matricesFolder = join('.mqchaos', 'matrix');
/** Of profiles that were run with several seeds, each with a `runs` folder of its own. */
export const repeatsFolder = join('.mqchaos', 'repeat');

export interface RunFolder {
  /** Absolute path. */
  readonly path: string;
  readonly plan: string;
  readonly environment: string;
  readonly ledger: string;
  readonly journals: string;
  readonly nodes: string;
  readonly workers: string;
  /** Of a Redis of the run's own. */
  readonly redis: string;
  /** Of effects in an embedded store, with the files that it puts beside. */
  readonly effects: string;
  readonly record: string;
  readonly findings: string;
  /** Counts in bins of time. */
  readonly timeline: string;
}

export function runFolder(path: string): RunFolder {
  const absolute = resolve(path);
  return {
    path: absolute,
    plan: join(absolute, 'plan.json'),
    environment: join(absolute, 'environment.json'),
    ledger: join(absolute, ledgerFile),
    journals: join(absolute, 'journal'),
    nodes: join(absolute, 'nodes'),
    workers: join(absolute, 'workers'),
    redis: join(absolute, 'redis'),
    effects: join(absolute, 'effects.db'),
    record: join(absolute, 'record.json'),
    findings: join(absolute, 'findings.ndjson'),
    timeline: join(absolute, timelineFile),
  };
}

/** Whoever reads the file finds the old text or the new, whenever we are killed. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

/**
 * Makes the folder of a new run: `out` itself when given, else `.mqchaos/runs/<time>-<seed>` here, with
 * `.mqchaos/latest` pointing to it.
 * @throws ToolError `folder-not-empty` (exit 2), `folder-not-made` (exit 4).
 */
export function makeRunFolder(seed: number, out: string | undefined): RunFolder {
  if (out !== undefined) refuseFull(runFolder(out).path);
  try {
    const folder = runFolder(out ?? newFolder(runsFolder, `${timeName(new Date())}-${seed}`));
    for (const path of [folder.journals, folder.nodes, folder.workers]) mkdirSync(path, { recursive: true });
    makePrivate(folder.path);
    if (out === undefined) pointLatest(folder.path);
    return folder;
  } catch (cause) {
    throw new ToolError(`cannot make the run folder ${out ?? `in ${runsFolder}`}: ${messageOf(cause)}`, {
      code: 'folder-not-made',
      hint: 'choose another with --out DIR',
      exitCode: exitCodes.setup,
      cause,
    });
  }
}

/** @throws ToolError `folder-not-made` (exit 4). */
export function makeFolder(path: string, option = '--out'): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new ToolError(`cannot make the folder ${path}: ${messageOf(cause)}`, {
      code: 'folder-not-made',
      hint: `choose another with ${option} DIR`,
      exitCode: exitCodes.setup,
      cause,
    });
  }
}

/** What is in it is carried out when it has to be cleaned up. A given folder of another user stays theirs, and is not. */
export function makePrivate(path: string): void {
  try {
    chmodSync(path, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** Of that name, or with a number behind it when another run of this second has it. */
export function newFolder(home: string, name: string): string {
  mkdirSync(home, { recursive: true });
  for (let number = 1; ; number += 1) {
    const path = join(home, number === 1 ? name : `${name}-${number}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** @throws ToolError `folder-not-empty` (exit 2): what is there is never overwritten. */
export function refuseFull(path: string, option = '--out'): void {
  if (!existsSync(path)) return;
  const isFolder = statSync(path).isDirectory();
  if (isFolder && readdirSync(path).length === 0) return;
  throw new ToolError(`${path} is not ${isFolder ? 'empty' : 'a folder'}`, {
    code: 'folder-not-empty',
    hint: `choose a new folder for ${option}`,
  });
}

/** Resolves what a user calls a run: a folder, or `latest`. @throws ToolError `no-such-run` (exit 2). */
export function findRun(reference: string): RunFolder {
  const named = runFolder(join(runsFolder, reference));
  const given = runFolder(reference === 'latest' ? join('.mqchaos', 'latest') : reference);
  const folder = existsSync(given.path) || !existsSync(named.path) ? given : named;
  if (!existsSync(folder.path)) {
    throw new ToolError(`there is no run ${reference}`, {
      code: 'no-such-run',
      hint: 'mqchaos runs lists those that are here',
    });
  }
  // `latest` is a link: whoever prints the folder names the run
  return runFolder(realpathSync(folder.path));
}

/** Its journals' paths, in the order of their names. */
export function journalsOf(folder: RunFolder): string[] {
  const files = readdirSync(folder.journals).filter((file) => file.endsWith('.journal'));
  return files.sort().map((file) => join(folder.journals, file));
}

/** Makes it what `latest` is, if it is in `.mqchaos`: a run in a folder that somebody named is found by its name. */
export function pointLatest(run: string): void {
  const home = resolve(dirname(runsFolder));
  const place = relative(home, resolve(run));
  if (place.startsWith('..')) return;
  writeFileSync(join(home, '.gitignore'), '*\n');
  const link = join(home, `latest.${process.pid}`);
  rmSync(link, { force: true });
  symlinkSync(place, link);
  renameSync(link, join(home, 'latest')); // at any moment it points to some run, whoever else begins one
}

/** Where `latest` pointed to a run that is gone, it goes too. */
export function forgetLatest(): void {
  const link = join('.mqchaos', 'latest');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(link)) rmSync(link);
}

/** For a folder's name: `2026-01-02T03-04-05`. */
export function timeName(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll(':', '-');
}
