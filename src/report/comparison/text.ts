/** A comparison for a person at a terminal, and as Markdown for a job summary. */

import { escapeText } from '../markdown.ts';
import { type Paint, verdictPaints } from '../terminal.ts';
import { table, wrap } from '../words/layout.ts';
import { milliseconds, verdictWords } from '../words/phrases.ts';
import type { Change, Compared, ComparedRun, Comparison } from './comparison.ts';

const changeWords: Readonly<Record<Change, string>> = {
  better: '✓ better',
  worse: '✗ worse',
  same: '= same',
  other: '· differs',
};
const changePaints = { better: 'green', worse: 'red', same: 'dim', other: 'yellow' } as const;
const caution =
  'One run beside one run: what differs may be chance. Times within a tenth of each other are called the same.';

interface Row {
  readonly cells: readonly [name: string, before: string, after: string];
  readonly change: Change;
}

export interface ComparisonOptions {
  readonly paint: Paint;
  /** Of the whole text; see `columnsFor`. */
  readonly columns: number;
  readonly exitCode: number;
}

export function renderComparison(comparison: Comparison, { paint, columns, exitCode }: ComparisonOptions): string {
  const { run, against, warnings } = comparison;
  const rows = rowsOf(comparison);
  const [title = '', ...lines] = table([['', 'before', 'after'], ...rows.map(({ cells }) => [...cells])]);
  const head = paint.bold(paint[verdictPaints[run.verdict]](verdictWords[run.verdict]));
  return [
    `${head}  ${runText(run)}  ${paint.dim(`(exit ${exitCode})`)}`,
    `  compared with run ${against.run}: ${against.verdict}, ${runText(against)}`,
    ...(warnings.length === 0 ? [] : ['']),
    ...warnings.flatMap((warning) => wrap(`! ${warning}`, 2, columns).map((line) => paint.yellow(line))),
    '',
    paint.dim(`  ${title}`),
    ...lines.map((line, index) => `  ${line}  ${changed(rows[index]?.change ?? 'same', paint)}`),
    '',
    ...wrap(caution, 2, columns).map((line) => paint.dim(line)),
  ].join('\n');
}

export function comparisonMarkdown(comparison: Comparison): string {
  const { run, against, warnings } = comparison;
  return [
    `## Compared with run ${escapeText(against.run)}`,
    '',
    `${escapeText(runText(run))}, ${run.verdict}; before: ${escapeText(runText(against))}, ${against.verdict}.`,
    '',
    ...warnings.map((warning) => `- **${escapeText(warning)}**`),
    ...(warnings.length === 0 ? [] : ['']),
    '| | before | after | |',
    '| --- | ---: | ---: | --- |',
    ...rowsOf(comparison).map(
      ({ cells, change }) => `| ${cells.map(escapeText).join(' | ')} | ${changeWords[change]} |`,
    ),
    '',
    caution,
    '',
  ].join('\n');
}

function rowsOf(comparison: Comparison): Row[] {
  const { run, against, verdict, acked, classes, latency, recovery } = comparison;
  return [
    { cells: ['verdict', against.verdict, run.verdict], change: verdict },
    { cells: ['acked', String(acked.before), String(acked.after)], change: acked.change },
    ...classes.map((each) => rowOf(each, each.name, (count) => String(count ?? 'undecided'))),
    ...latency.map((each) => rowOf(each, `latency, ${each.name}`, milliseconds)),
    ...recovery.map((each) => rowOf(each, `no ack, ${each.name}`, (ms) => (ms === null ? '–' : `${ms} ms`))),
  ];
}

function rowOf<Name, Value>(each: Compared<Name, Value>, name: string, text: (value: Value) => string): Row {
  return { cells: [name, text(each.before), text(each.after)], change: each.change };
}

function runText({ profile, seed }: ComparedRun): string {
  return profile === undefined ? 'records' : `${profile}  seed ${seed}`;
}

function changed(change: Change, paint: Paint): string {
  return paint[changePaints[change]](changeWords[change]);
}
