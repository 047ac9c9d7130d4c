/** The table for a person at a terminal. */

import { type Paint, verdictPaints } from '../report/terminal.ts';
import { table, wrap } from '../report/words/layout.ts';
import { verdictWords } from '../report/words/phrases.ts';
import { againCommand, harmedText, harmText, headline, rowWords } from './phrases.ts';
import { type MatrixHalf, type MatrixRecord, type MatrixRow, verdictOfMatrix } from './record.ts';
import type { RowVerdict } from './row-verdict.ts';

export interface TableOptions {
  readonly paint: Paint;
  /** Of the whole table; see `columnsFor`. */
  readonly columns: number;
  /** What the command ends with: more than the verdict when it was interrupted. */
  readonly exitCode: number;
  /** As the reader would name the folder. */
  readonly folder: string;
}

const rowPaints: Readonly<Record<RowVerdict, 'green' | 'red' | 'yellow' | 'dim'>> = {
  proven: 'green',
  'not-held': 'red',
  'too-weak': 'red',
  inconclusive: 'yellow',
  'not-run': 'dim',
};
const indent = 4;

export function renderMatrixTable(record: MatrixRecord, { paint, columns, exitCode, folder }: TableOptions): string {
  const whole = verdictOfMatrix(record);
  const ran = record.rows.some(({ halves }) => halves.some(({ done }) => done > 0));
  const files = ['matrix.md', 'matrix.json', 'junit.xml', 'results.ndjson'];
  if (ran) files.push('runs/*/record.json', 'runs/*/findings.ndjson');
  return [
    `${paint.bold(paint[verdictPaints[whole]](verdictWords[whole]))}  ${headline(record)}  ${paint.dim(`(exit ${exitCode})`)}`,
    '',
    ...rowLines(record, paint, columns),
    '',
    `  ${paint.dim('folder')}  ${folder}`,
    `  ${paint.dim('files')}   ${files.join('  ')}`,
    `  ${paint.dim('again')}   ${againCommand(record, folder === '.' ? 'cluster.yaml' : `${folder}/cluster.yaml`)}`,
  ].join('\n');
}

/** Columns first, colours and remarks between them afterwards. */
function rowLines({ rows, repeat }: MatrixRecord, paint: Paint, columns: number): string[] {
  const many = repeat > 1;
  const blocks = rows.map((row) => ({ row, cells: cellsOf(row, many) }));
  const titles = many ? ['attempted', 'acked', 'harm', 'runs harmed'] : ['attempted', 'acked', 'harm'];
  const over = (side: string): string[] => titles.map((_, index) => (index === 0 ? side : ''));
  const aligned = table([
    ['', ...over('on'), ...over('off')],
    // the two sides are set apart
    ['measure', ...titles, `  ${titles[0]}`, ...titles.slice(1)],
    ...blocks.flatMap(({ cells }) => cells),
  ]);
  const [sides = '', head = ''] = aligned;
  let next = 2;
  return [
    paint.dim(`  ${sides}`.trimEnd()),
    paint.dim(`  ${head}  verdict`),
    ...blocks.flatMap(({ row, cells }) => {
      const [first = '', ...more] = aligned.slice(next, next + cells.length);
      next += cells.length;
      const verdict = paint[rowPaints[row.verdict]](rowWords[row.verdict]);
      return [`  ${first}  ${verdict}`, ...more.map((line) => `  ${line}`.trimEnd()), ...remarks(row, paint, columns)];
    }),
  ];
}

/** A line for the pair, and one for each further half. */
function cellsOf(row: MatrixRow, many: boolean): string[][] {
  const side = (half: MatrixHalf | undefined): string[] => {
    const cells =
      half === undefined || half.done === 0
        ? ['', '', '', '']
        : [String(half.attempted), String(half.acked), harmText(half), harmedText(half)];
    return cells.slice(0, many ? 4 : 3);
  };
  const [on, off] = ['on', 'off'].map((name) => row.halves.find(({ half }) => half === name));
  const others = row.halves.filter(({ half }) => half !== 'on' && half !== 'off');
  return [
    [row.measure, ...side(on), ...side(off)],
    ...others.map((half) => [`  ${half.half}`, ...side(half), ...side(undefined)]),
  ];
}

/** Of what was not run, why alone: no fault was injected. */
function remarks({ title, fault, harm, verdict, reasons }: MatrixRow, paint: Paint, columns: number): string[] {
  const why = verdict === 'proven' ? [] : reasons;
  const shown = verdict === 'not-run' ? [] : wrap(`${title}: ${fault}; harm: ${harm.join(', ')}`, indent, columns);
  return [...shown.map((line) => paint.dim(line)), ...why.flatMap((reason) => wrap(`- ${reason}`, indent, columns))];
}
