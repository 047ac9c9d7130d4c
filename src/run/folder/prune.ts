/** Removes old runs, and nothing that is at work, not judged, still to be undone, or not this user's own. */
import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { whyNotOurs } from '../../cluster/undo/ownership.ts';
import { messageOf } from '../../errors.ts';
import { forgetLatest, repeatsFolder, runsFolder } from './folder.ts';
import { type KeptRun, type KeptState, keptRuns } from './kept.ts';

/** Of a run that is being removed: whoever is killed over it leaves nothing that looks like a run. */
const removedPrefix = '.removed-';

export interface PruneResult {
  /** Newest first. */
  readonly removed: readonly KeptRun[];
  /** Beyond the newest, and kept all the same. */
  readonly left: readonly { readonly run: KeptRun; readonly why: string }[];
}

const reasons: Readonly<Record<Exclude<KeptState, 'finished'>, string>> = {
  'at work': 'its mqchaos is at work',
  'left over': 'something of it is still to be undone: mqchaos doctor clean',
  'not judged': 'it was never judged: mqchaos audit',
};

/** @param keep how many finished runs stay, the newest; others stay whatever their age. */
export function prune(keep: number, dryRun: boolean): PruneResult {
  if (!dryRun) sweepRemoved();
  const runs = keptRuns();
  const finished = runs.filter(({ state }) => state === 'finished');
  const removed: KeptRun[] = [];
  const left = runs.flatMap((run) => (run.state === 'finished' ? [] : [{ run, why: reasons[run.state] }]));
  for (const run of finished.slice(keep)) {
    const why = whyNotOurs(run.folder) ?? (dryRun ? undefined : whyNotRemoved(run.folder));
    if (why === undefined) removed.push(run);
    else left.push({ run, why });
  }
  if (!dryRun) forgetLatest();
  return { removed, left };
}

function whyNotRemoved(folder: string): string | undefined {
  try {
    const gone = join(dirname(folder), `${removedPrefix}${basename(folder)}`);
    renameSync(folder, gone);
    rmSync(gone, { recursive: true, force: true });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** What a prune that was killed had begun to remove. */
function sweepRemoved(): void {
  for (const home of [runsFolder, repeatsFolder].filter((each) => existsSync(each))) {
    for (const name of readdirSync(home).filter((each) => each.startsWith(removedPrefix))) {
      const path = join(home, name);
      const ours = lstatSync(path).isDirectory() && whyNotOurs(path) === undefined;
      if (ours) rmSync(path, { recursive: true, force: true });
    }
  }
}
