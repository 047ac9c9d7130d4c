/** The verdict for a person at a terminal: the question, its answer, then findings, numbers, faults, and the files. */
import { meanings } from '../audit/meaning.ts';
import { counted } from '../counted.ts';
import type { RecordedStoreOutage, RunRecord } from './record.ts';
import { answerOf } from './words/answer.ts';
import { againCommand, whyCommand } from './words/command.ts';
import { hanging, longest, table, wrap } from './words/layout.ts';
import { numberTexts } from './words/numbers.ts';
import {
  extraDeliveries,
  faultTexts,
  foreignLines,
  latencies,
  milliseconds,
  outageTexts,
  shownFindings,
  sums,
  verdictWords,
} from './words/phrases.ts';
import { remarks } from './words/remarks.ts';

/** Colours, as chalk gives them; the identity for plain text. */
export interface Paint {
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

export interface TerminalOptions {
  readonly paint: Paint;
  /** Of the whole report; see `columnsFor`. */
  readonly columns: number;
  /** What the command ends with: more than the verdict when the run was interrupted. */
  readonly exitCode: number;
  /** Where the files are, as the reader would name the folder, and their names; absent: nowhere. */
  readonly written?: { readonly folder: string; readonly files: readonly string[] };
}

export const verdictPaints = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const;
/** What every block is written on. */
interface Page {
  readonly paint: Paint;
  /** Indented lines that fit. */
  wrap(text: string, indent: number): string[];
  hanging(head: string, text: string): string[];
}

export function renderTerminal(record: RunRecord, { paint, columns, exitCode, written }: TerminalOptions): string {
  const page: Page = {
    paint,
    wrap: (text, indent) => wrap(text, indent, columns),
    hanging: (head, text) => hanging(head, text, columns),
  };
  const { verdict, profile } = record;
  const head = paint.bold(paint[verdictPaints[verdict.value]](verdictWords[verdict.value]));
  const title = profile === undefined ? '' : `  ${profile.name}  seed ${profile.seed}`;
  const blocks = [
    [`${head}${title}  ${paint.dim(`(exit ${exitCode})`)}`],
    answerLines(record, page),
    findingLines(record, page),
    wordLines(record, page),
    numberLines(record, page),
    record.faults.flatMap((fault) => faultLines(fault, page)),
    (record.storeOutages ?? []).flatMap((outage) => outageLines(outage, record, page)),
    written === undefined ? [] : whereLines(record, written, page),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function answerLines(record: RunRecord, { paint, wrap }: Page): string[] {
  const { sentence, reasons } = answerOf(record);
  return [
    ...(record.profile === undefined ? [] : wrap(record.profile.question, 2)),
    ...wrap(sentence, 2).map((line) => paint.bold(line)),
    ...reasons.flatMap((reason) => wrap(`- ${reason}`, 2)),
  ];
}

function wordLines(record: RunRecord, { wrap }: Page): string[] {
  const { taken, undecided } = foreignLines(record);
  return [
    ...(taken.length === 0 ? [] : ['  taken on your word', ...taken.flatMap((each) => wrap(`- ${each}`, 4))]),
    ...(undecided.length === 0 ? [] : ['  not decided', ...undecided.flatMap((each) => wrap(`- ${each}`, 4))]),
  ];
}

function findingLines(record: RunRecord, { paint, wrap }: Page): string[] {
  const shown = shownFindings(record).filter(({ count }) => count > 0);
  if (shown.length === 0) {
    return [record.verdict.value === 'pass' ? `  ${paint.green('✓')} no findings` : `  ${paint.dim('–')} no findings`];
  }
  const nameWidth = longest(shown.map(({ class: name }) => name));
  const countWidth = longest(shown.map(({ count }) => String(count)));
  const indent = nameWidth + countWidth + 8;
  const duplicates = shown.filter(({ class: name }) => name.startsWith('duplicate-'));
  return shown.flatMap((finding) => {
    const { class: name, count, allowed } = finding;
    const mark = allowed ? paint.dim('·') : paint.red('✗');
    const [first = '', ...rest] = wrap(allowed ? meanings[name] : `${meanings[name]}: not expected`, indent);
    const extra = finding === duplicates.at(-1) ? extraDeliveries(record.counts) : undefined;
    const whose = duplicates.length > 1 ? 'of all duplicates: ' : `${counted(count, 'message')}, `;
    const more = [...(extra === undefined ? [] : [`${whose}${extra}`]), ...remarks(record, finding)];
    return [
      `  ${mark} ${name.padEnd(nameWidth)}  ${String(count).padStart(countWidth)}  ${first.slice(indent)}`,
      ...rest,
      ...more.flatMap((text) => wrap(text, indent).map((line) => paint.dim(line))),
    ];
  });
}

function numberLines(record: RunRecord, { wrap, hanging }: Page): string[] {
  const wholes = sums(record.counts);
  const starts = table(wholes.map(([name, whole]) => [name, String(whole)]));
  const rows = latencies(record).map(([name, { p50Us, p99Us, maxUs }]) => [
    name,
    ...[p50Us, p99Us, maxUs].map(milliseconds),
  ]);
  return [
    ...wholes.flatMap(([, , parts], at) => hanging(`  ${starts[at] ?? ''} `, `= ${parts}`)),
    ...numberTexts(record).flatMap((text) => wrap(text, 2)),
    ...(rows.length === 0
      ? []
      : ['', ...table([['latency', 'p50', 'p99', 'max'], ...rows]).map((line) => `  ${line}`)]),
  ];
}

function faultLines(fault: RunRecord['faults'][number], { wrap, hanging }: Page): string[] {
  const [deed, cost] = faultTexts(fault);
  const head = `  ${fault.id}  `;
  return [...hanging(head, deed), ...(cost === undefined ? [] : wrap(cost, head.length))];
}

function outageLines(outage: RecordedStoreOutage, record: RunRecord, { wrap }: Page): string[] {
  const [away, cost] = outageTexts(outage, record);
  return [...wrap(away, 2), ...wrap(cost, 4)];
}

function whereLines(
  record: RunRecord,
  written: NonNullable<TerminalOptions['written']>,
  { paint, wrap }: Page,
): string[] {
  const { folder, files } = written;
  const [first = '', ...rest] = wrap(files.join(' '), 10);
  const why = whyCommand(record, folder);
  const again = againCommand(record, folder === '.' ? 'plan.json' : `${folder}/plan.json`);
  return [
    `  ${paint.dim('folder')}  ${folder}`,
    `  ${paint.dim('files')}   ${first.trimStart()}`,
    ...rest,
    ...(why === undefined ? [] : [`  ${paint.dim('why')}     ${why}`]),
    ...(again === undefined ? [] : [`  ${paint.dim('again')}   ${again}`]),
  ];
}
