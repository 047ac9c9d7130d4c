/** The verdict for a person at a terminal: verdict first, then findings, numbers, faults, and where the rest is. */
import type { Verdict } from '../audit/audit.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import {
  againCommand,
  exampleText,
  faultText,
  meanings,
  milliseconds,
  shownFindings,
  sums,
  verdictWords,
} from './phrases.ts';
import type { RunRecord } from './record.ts';

/** Colours, as chalk gives them; the identity for plain text. */
export interface Paint {
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

const paints = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const;

export function renderTerminal(record: RunRecord, folder: string | undefined, paint: Paint): string {
  const { verdict, counts, profile } = record;
  const head = paint.bold(paint[paints[verdict.value]](verdictWords[verdict.value]));
  const title = profile === undefined ? '' : `  ${profile.name}  seed ${profile.seed}`;
  return [
    `${head}${title}  ${paint.dim(`(exit ${exitCodeOfVerdict(verdict.value)})`)}`,
    ...verdict.reasons.map((reason) => `  ${reason}`),
    '',
    ...findingLines(record, paint),
    '',
    ...sums(counts).map((line) => `  ${line}`),
    ...latencyLines(record),
    ...(record.faults.length === 0 ? [] : ['']),
    ...record.faults.map((fault) => `  ${fault.id}  ${faultText(fault)}`),
    ...whereLines(record, folder, paint),
  ].join('\n');
}

export function exitCodeOfVerdict(value: Verdict['value']): ExitCode {
  return exitCodes[value];
}

function whereLines(record: RunRecord, folder: string | undefined, paint: Paint): string[] {
  if (folder === undefined) return [];
  const again = againCommand(record, folder);
  return [
    '',
    `  ${paint.dim('all')}    ${folder}/findings.ndjson  record.json  report.md  junit.xml`,
    ...(again === undefined ? [] : [`  ${paint.dim('again')}  ${again}`]),
  ];
}

function findingLines(record: RunRecord, paint: Paint): string[] {
  const shown = shownFindings(record);
  if (shown.every(({ count }) => count === 0))
    return [record.verdict.value === 'pass' ? `  ${paint.green('✓')} no findings` : `  ${paint.dim('–')} no findings`];
  return shown
    .filter(({ count }) => count > 0)
    .flatMap(({ class: name, count, allowed, examples }) => {
      const mark = allowed ? paint.dim('·') : paint.red('✗');
      const line = `  ${mark} ${name.padEnd(20)} ${String(count).padStart(8)}  ${meanings[name]}${allowed ? '' : paint.red('  not allowed')}`;
      const kept = examples.slice(0, allowed ? 1 : 3);
      return [line, ...kept.map((example) => paint.dim(`      ${exampleText(example)}`))];
    });
}

function latencyLines({ latency }: RunRecord): string[] {
  const line = (name: string, { p50Us, p99Us, maxUs }: { p50Us: number; p99Us: number; maxUs: number }): string =>
    `  ${name}  p50 ${milliseconds(p50Us)}  p99 ${milliseconds(p99Us)}  max ${milliseconds(maxUs)}`;
  return [
    ...(latency.ack === undefined ? [] : [line('ack       ', latency.ack)]),
    ...(latency.endToEnd === undefined ? [] : [line('end to end', latency.endToEnd)]),
  ];
}
