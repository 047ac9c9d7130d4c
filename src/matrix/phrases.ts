/** Words and numbers that the table has in all its forms. */

import { counted } from '../counted.ts';
import { percentAbove } from '../report/words/bound.ts';
import { shellWord } from '../report/words/command.ts';
import { measures } from './measures.ts';
import type { MatrixHalf, MatrixRecord, MatrixRow } from './record.ts';
import type { RowVerdict } from './row-verdict.ts';

export const rowWords: Readonly<Record<RowVerdict, string>> = {
  proven: '✓ proven',
  'not-held': '✗ not held',
  'too-weak': '✗ fault too weak',
  inconclusive: '? inconclusive',
  'not-run': '– not run',
};

export function headline({ seed, repeat, rows, tookMs }: MatrixRecord): string {
  const proven = rows.filter(({ verdict }) => verdict === 'proven').length;
  const runs = rows.flatMap(({ halves }) => halves).reduce((sum, { done }) => sum + done, 0);
  const times = repeat === 1 ? '' : `, each ${repeat} times`;
  const done = `${counted(runs, 'run')} in ${minutes(tookMs)}`;
  return `${proven} of ${counted(rows.length, 'measure')} proven${times}  seed ${seed}  ${done}`;
}

/** `3000`, or with the longest gap `0, 2.1 s gap`. */
export function harmText({ harm, gapMs }: MatrixHalf): string {
  if (gapMs === undefined) return String(harm);
  return `${harm}, ${gapMs < 1000 ? `${gapMs} ms` : `${(gapMs / 1000).toFixed(1)} s`} gap`;
}

/** Of many runs how many were harmed: `0 of 20, < 14.0 %` where none should be, else `20 of 20`. */
export function harmedText({ half, harmed, decided, harmedAtMost }: MatrixHalf): string {
  const share = `${harmed} of ${decided}`;
  return half === 'off' || decided === 0 ? share : `${share}, < ${percentAbove(harmedAtMost)}`;
}

/** What may be asked of a row: the runs that say it, or all that harmed. */
export function harmedFolders({ halves }: MatrixRow): string[] {
  return halves.flatMap(({ runs }) =>
    runs.filter(({ harm }) => Object.values(harm).some((n) => n > 0)).map(({ folder }) => folder),
  );
}

/** @param file where the copy of the cluster's is. */
export function againCommand({ seed, repeat, set, cluster, broker, rows }: MatrixRecord, file: string): string {
  const only = rows.length === measures.length ? '' : ` --only ${rows.map(({ measure }) => measure).join(' ')}`;
  const times = repeat === 1 ? '' : ` --repeat ${repeat}`;
  const sets = set.map((assignment) => ` --set ${shellWord(assignment)}`).join('');
  const on = broker === undefined ? '' : ` --broker ${shellWord(broker)}`;
  return `mqchaos matrix${on}${only}${times} --seed ${seed}${sets}${cluster ? ` --cluster ${shellWord(file)}` : ''}`;
}

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
