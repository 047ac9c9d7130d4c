/** The folder of a repetition: its runs, and what they came to. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { exitCodes, messageOf, ToolError } from '../errors.ts';
import { makePrivate, newFolder, refuseFull, repeatsFolder, timeName, writeWhole } from '../run/folder/folder.ts';
import type { RepeatRecord, Step } from './record.ts';
import { repeatReports } from './reports.ts';

/**
 * `out` itself when given, else `.mqchaos/repeat/<time>-<seed>` here. Returns its absolute path.
 * @throws ToolError `folder-not-empty` (exit 2), `folder-not-made` (exit 4).
 */
export function makeRepeatFolder(seed: number, out: string | undefined): string {
  if (out !== undefined) refuseFull(resolve(out));
  try {
    const path = resolve(out ?? newFolder(repeatsFolder, `${timeName(new Date())}-${seed}`));
    mkdirSync(path, { recursive: true });
    makePrivate(path);
    if (out === undefined) writeFileSync(join(dirname(dirname(path)), '.gitignore'), '*\n');
    return path;
  } catch (cause) {
    throw new ToolError(`cannot make the folder ${out ?? `in ${repeatsFolder}`}: ${messageOf(cause)}`, {
      code: 'folder-not-made',
      hint: 'choose another with --out DIR',
      exitCode: exitCodes.setup,
      cause,
    });
  }
}

/** The runs in their order, each named by its number and its seed. */
export function stepsOf(seeds: readonly number[]): Step[] {
  const width = String(seeds.length).length;
  return seeds.map((seed, index) => {
    const repetition = index + 1;
    return { repetition, seed, folder: join('runs', `${String(repetition).padStart(width, '0')}-${seed}`) };
  });
}

/** What there is so far: all of it is there at any moment, however we end. */
export function writeRepeat(path: string, record: RepeatRecord): void {
  writeWhole(join(path, 'repeat.json'), `${JSON.stringify(record, undefined, 2)}\n`);
  for (const { file, render } of repeatReports) writeWhole(join(path, file), render(record));
}
