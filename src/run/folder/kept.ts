/** The runs that are kept here, in `.mqchaos`: what each is, what it came to, and whether it may be removed. */
import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type OpenEntry, readOpenEntries } from '../../cluster/undo/ledger.ts';
import { isAtWork } from './clean.ts';
import { repeatsFolder, runFolder, runsFolder } from './folder.ts';
import { ownerOf } from './owner.ts';

/**
 * `at work`: its mqchaos is alive. `left over`: it died, and something is still to be undone. `not judged`: it ended
 * without a record, and its journals may be all there is.
 */
export type KeptState = 'at work' | 'left over' | 'not judged' | 'finished';

export interface KeptRun {
  /** As reached from here. */
  readonly folder: string;
  readonly state: KeptState;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly profile?: string;
  readonly seed?: number;
  readonly verdict?: 'pass' | 'fail' | 'inconclusive';
  /** Runs of one profile in one folder (`run --repeat`). */
  readonly repeat?: number;
  /** What it takes of the disk. */
  readonly sizeBytes: number;
}

/** Newest first. What is no run of ours is left out, whatever it is called; so are links. */
export function keptRuns(): KeptRun[] {
  const runs = foldersIn(runsFolder).filter(isRun).map(keptRun);
  const repeats = foldersIn(repeatsFolder).filter(isRepeat).map(keptRepeat);
  return [...runs, ...repeats].sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
}

function foldersIn(home: string): string[] {
  return namesIn(home)
    .map((name) => join(home, name))
    .filter(isFolder);
}

function isRun(path: string): boolean {
  const { plan, ledger, journals } = runFolder(path);
  return isFile(plan) && isFile(ledger) && isFolder(journals);
}

function isRepeat(path: string): boolean {
  return isFile(join(path, 'owner.json')) && isFolder(join(path, 'runs'));
}

function keptRun(folder: string): KeptRun {
  const { plan: planFile, record: recordFile } = runFolder(folder);
  const plan = read(planFile, planShape);
  const record = read(recordFile, recordShape);
  return {
    folder,
    state: stateOf(openEntriesOf(folder), record !== undefined),
    startedAt: record?.startedAt ?? lstatSync(planFile).mtime.toISOString(),
    ...(plan === undefined ? {} : { profile: plan.name, seed: plan.seed }),
    ...(record === undefined ? {} : { verdict: record.verdict.value }),
    sizeBytes: sizeOf(folder),
  };
}

function keptRepeat(folder: string): KeptRun {
  const record = read(join(folder, 'repeat.json'), repeatShape);
  const open = foldersIn(join(folder, 'runs')).flatMap(openEntriesOf);
  const state = isOwned(folder) ? 'at work' : stateOf(open, record !== undefined);
  return {
    ...{ folder, state },
    startedAt: record?.startedAt ?? lstatSync(join(folder, 'owner.json')).mtime.toISOString(),
    ...(record === undefined
      ? {}
      : { profile: record.profile, seed: record.seed, verdict: record.verdict, repeat: record.runs.length }),
    sizeBytes: sizeOf(folder),
  };
}

function stateOf(open: readonly OpenEntry[], judged: boolean): KeptState {
  if (isAtWork(open)) return 'at work';
  if (open.some(({ entry }) => entry.kind !== 'runner')) return 'left over';
  return judged ? 'finished' : 'not judged';
}

function openEntriesOf(folder: string): OpenEntry[] {
  const { ledger } = runFolder(folder);
  return isFile(ledger) ? readOpenEntries(ledger) : [];
}

/** An owner that cannot be read may be one that is alive. */
function isOwned(folder: string): boolean {
  try {
    return ownerOf(folder) !== undefined;
  } catch {
    return true;
  }
}

const verdict = z.enum(['pass', 'fail', 'inconclusive']);
const moment = z.iso.datetime();
const planShape = z.looseObject({ name: z.string(), seed: z.number() });
const recordShape = z.looseObject({ startedAt: moment.optional(), verdict: z.looseObject({ value: verdict }) });
const repeatShape = z.looseObject({
  ...{ profile: z.string(), seed: z.number(), startedAt: moment, verdict },
  runs: z.array(z.unknown()),
});

/** Undefined: it is not there, or not what it is called. Somebody may be writing it, or have damaged it. */
function read<T>(file: string, shape: z.ZodType<T>): T | undefined {
  if (!isFile(file)) return undefined;
  try {
    return shape.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Blocks of all that is in it; links are not followed. A file that goes meanwhile takes nothing. */
function sizeOf(path: string): number {
  const stat = seen(path);
  if (stat === undefined) return 0;
  const within = stat.isDirectory() ? namesIn(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : 0;
  return stat.blocks * 512 + within;
}

/** None of a folder that is not there, or that is not ours to look into: a run of another user's is none of ours. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  return seen(path)?.isFile() === true;
}

function isFolder(path: string): boolean {
  return seen(path)?.isDirectory() === true;
}

/** Undefined also where a folder above it is not ours to look into. */
function seen(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
