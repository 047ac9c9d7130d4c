/** The verdict for a person at a terminal: the question, its answer, then findings, numbers, faults, and the files. */
import type { FindingSummary } from '../audit/audit.ts';
import { meanings } from '../audit/meaning.ts';
import { allowance } from './allowance.ts';
import { answerOf } from './answer.ts';
import { againCommand, whyCommand } from './command.ts';
import { longest, table, wrap } from './layout.ts';
import {
  contractText,
  counted,
  exampleText,
  extraDeliveries,
  faultTexts,
  foreignLines,
  latencies,
  milliseconds,
  outageTexts,
  reasons,
  redelivered,
  retries,
  shownFindings,
  sums,
  undecidedText,
  verdictWords,
} from './phrases.ts';
import type { RecordedStoreOutage, RunRecord } from './record.ts';

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
  /** What the command ends with: more than the verdict when the run was interrupted. */
  readonly exitCode: number;
  /** Where the files are, as the reader would name the folder, and their names; absent: nowhere. */
  readonly written?: { readonly folder: string; readonly files: readonly string[] };
}

const paints = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const;

export function renderTerminal(record: RunRecord, { paint, exitCode, written }: TerminalOptions): string {
  const { verdict, profile } = record;
  const head = paint.bold(paint[paints[verdict.value]](verdictWords[verdict.value]));
  const title = profile === undefined ? '' : `  ${profile.name}  seed ${profile.seed}`;
  const blocks = [
    [`${head}${title}  ${paint.dim(`(exit ${exitCode})`)}`],
    answerLines(record, paint),
    findingLines(record, paint),
    wordLines(record),
    numberLines(record),
    record.faults.flatMap(faultLines),
    (record.storeOutages ?? []).flatMap((outage) => outageLines(outage, record)),
    written === undefined ? [] : whereLines(record, written, paint),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function answerLines(record: RunRecord, paint: Paint): string[] {
  const { sentence, reasons } = answerOf(record);
  return [
    ...(record.profile === undefined ? [] : wrap(record.profile.question, 2)),
    ...wrap(sentence, 2).map((line) => paint.bold(line)),
    ...reasons.flatMap((reason) => wrap(`- ${reason}`, 2)),
  ];
}

function wordLines(record: RunRecord): string[] {
  const { taken, undecided } = foreignLines(record);
  return [
    ...(taken.length === 0 ? [] : ['  taken on your word', ...taken.flatMap((each) => wrap(`- ${each}`, 4))]),
    ...(undecided.length === 0 ? [] : ['  not decided', ...undecided.flatMap((each) => wrap(`- ${each}`, 4))]),
  ];
}

function findingLines(record: RunRecord, paint: Paint): string[] {
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
    const [first = '', ...rest] = wrap(allowed ? meanings[name] : `${meanings[name]}: not allowed`, indent);
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

/** Why it is allowed, and the worst examples: more of them where it is not. */
function remarks(record: RunRecord, finding: FindingSummary): string[] {
  const { allowed, examples } = finding;
  const whys = [allowed ? allowance(record, finding) : undefined, contractText(finding)];
  return [
    ...whys.filter((why) => why !== undefined),
    ...undecidedText(finding),
    ...examples.slice(0, allowed ? 1 : 3).map((example) => exampleText(example, record.topic)),
  ];
}

function numberLines(record: RunRecord): string[] {
  const wholes = sums(record.counts);
  const starts = table(wholes.map(([name, whole]) => [name, String(whole)]));
  const rows = latencies(record).map(([name, { p50Us, p99Us, maxUs }]) => [
    name,
    ...[p50Us, p99Us, maxUs].map(milliseconds),
  ]);
  const again = [retries(record.counts), ...reasons(record), redelivered(record.counts)].filter(
    (text) => text !== undefined,
  );
  return [
    ...wholes.flatMap(([, , parts], at) =>
      wrap(`= ${parts}`, 0).map((line, row) => sumLine(starts[at] ?? '', line, row)),
    ),
    ...again.flatMap((text) => wrap(text, 2)),
    ...(rows.length === 0
      ? []
      : ['', ...table([['latency', 'p50', 'p99', 'max'], ...rows]).map((line) => `  ${line}`)]),
  ];
}

function sumLine(start: string, parts: string, row: number): string {
  return `  ${row === 0 ? start : ' '.repeat(start.length)} ${parts}`;
}

function faultLines(fault: RunRecord['faults'][number]): string[] {
  const [deed, cost] = faultTexts(fault);
  const indent = fault.id.length + 4;
  const [first = '', ...rest] = wrap(deed, indent);
  return [`  ${fault.id}${first.slice(indent - 2)}`, ...rest, ...(cost === undefined ? [] : wrap(cost, indent))];
}

function outageLines(outage: RecordedStoreOutage, record: RunRecord): string[] {
  const [away, cost] = outageTexts(outage, record);
  return [...wrap(away, 2), ...wrap(cost, 4)];
}

function whereLines(record: RunRecord, written: NonNullable<TerminalOptions['written']>, paint: Paint): string[] {
  const { folder, files } = written;
  const why = whyCommand(record, folder);
  const again = againCommand(record, folder === '.' ? 'plan.json' : `${folder}/plan.json`);
  return [
    `  ${paint.dim('folder')}  ${folder}`,
    `  ${paint.dim('files')}   ${files.join('  ')}`,
    ...(why === undefined ? [] : [`  ${paint.dim('why')}     ${why}`]),
    ...(again === undefined ? [] : [`  ${paint.dim('again')}   ${again}`]),
  ];
}
