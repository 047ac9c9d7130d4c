/** Words and numbers that a repetition has in all its reports. */
import { counted } from '../counted.ts';
import { percentAbove } from '../report/words/bound.ts';
import { shellWord } from '../report/words/command.ts';
import type { RepeatedRun, RepeatRecord } from './record.ts';

export const titles = ['seed', 'verdict', 'lost', 'duplicates', 'recovery', 'folder'] as const;

/** A row of the table, under the titles. */
export function cells({ seed, verdict, attempted, lost, duplicates, recoveryMs, folder }: RepeatedRun): string[] {
  const known = attempted > 0;
  const recovery = recoveryMs === undefined ? '–' : `${recoveryMs} ms`;
  return [String(seed), verdict, known ? String(lost) : '–', known ? String(duplicates) : '–', recovery, folder];
}

export function headline({ profile, failed, decided, runs, repeat }: RepeatRecord): string {
  const open = runs.length - decided;
  const parts = [
    `${failed} of ${counted(decided, 'run')} failed`,
    ...(open === 0 ? [] : [`${open} inconclusive`]),
    ...(runs.length === repeat ? [] : [`${repeat - runs.length} of ${repeat} not run`]),
  ];
  return `${profile}: ${parts.join(', ')}`;
}

/** What so many runs say of all the others. */
export function boundText({ failed, decided, failsAtMost }: RepeatRecord): string {
  if (decided === 0) return 'No run decides anything, so nothing is known of the chance that one fails.';
  if (failed === decided) return 'Every run failed, so nothing bounds the chance that one fails.';
  return `A run fails with a chance of at most ${percentAbove(failsAtMost)}, at 95 % confidence (Clopper and Pearson).`;
}

/** Pasted in the folder of the repetition, or with where that is before the run's. */
export function againLine({ folder }: Pick<RepeatedRun, 'folder'>, home?: string): string {
  const path = home === undefined || home === '.' ? folder : `${home}/${folder}`;
  return `mqchaos run --plan ${shellWord(`${path}/plan.json`)}`;
}
