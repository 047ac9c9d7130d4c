/** The table over seeds for a person at a terminal. */

import { type Paint, verdictPaints } from '../report/terminal.ts';
import { longest, table, wrap } from '../report/words/layout.ts';
import { verdictWords } from '../report/words/phrases.ts';
import { againLine, boundText, cells, headline, titles } from './phrases.ts';
import type { RepeatRecord } from './record.ts';
import { repeatReports } from './reports.ts';

export interface RepeatTableOptions {
  readonly paint: Paint;
  /** Of the whole table; see `columnsFor`. */
  readonly columns: number;
  /** What the command ends with: more than the verdict when it was interrupted. */
  readonly exitCode: number;
  /** As the reader would name the folder. */
  readonly folder: string;
}

export function renderRepeatTable(
  record: RepeatRecord,
  { paint, columns, exitCode, folder }: RepeatTableOptions,
): string {
  const { verdict, runs, firstFailure } = record;
  const head = paint.bold(paint[verdictPaints[verdict]](verdictWords[verdict]));
  const [title = '', ...rows] = table(leftAligned([[...titles], ...runs.map(cells)]));
  const files = ['repeat.json', ...repeatReports.map(({ file }) => file)];
  return [
    `${head}  ${headline(record)}  ${paint.dim(`(exit ${exitCode})`)}`,
    '',
    ...wrap(boundText(record), 2, columns),
    '',
    paint.dim(`  ${title.trimEnd()}`),
    ...rows.flatMap((row, index) => rowLines(row, runs[index], paint, columns)),
    '',
    `  ${paint.dim('folder')}  ${folder}`,
    `  ${paint.dim('files')}   ${files.join('  ')}`,
    ...(firstFailure === undefined
      ? []
      : [`  ${paint.dim('again')}   ${againLine(firstFailure, folder)}  ${paint.dim('the first failure')}`]),
  ].join('\n');
}

/** A table has words to the left in its first column alone: others that are words are filled up to one width. */
function leftAligned(rows: readonly string[][]): string[][] {
  const widths = [...titles.keys()].map((column) => longest(rows.map((row) => row[column] ?? '')));
  return rows.map((row) => row.map((cell, column) => (isWords(column) ? cell.padEnd(widths[column] ?? 0) : cell)));
}

function isWords(column: number): boolean {
  return titles[column] === 'verdict' || titles[column] === 'folder';
}

function rowLines(row: string, run: RepeatRecord['runs'][number] | undefined, paint: Paint, columns: number): string[] {
  if (run === undefined || run.verdict === 'pass') return [`  ${row.trimEnd()}`];
  const mark = paint[verdictPaints[run.verdict]](run.verdict);
  return [
    `  ${row.trimEnd().replace(run.verdict, mark)}`,
    ...run.reasons.flatMap((why) => wrap(`- ${why}`, 4, columns)),
  ];
}
