/** `report.md`: for a job summary or a ticket. Names no path: the plan lies beside it. */

import { meanings } from '../audit/meaning.ts';
import { counted } from '../counted.ts';
import type { RunRecord } from './record.ts';
import { answerOf } from './words/answer.ts';
import { againCommand, whyCommand } from './words/command.ts';
import { numberTexts } from './words/numbers.ts';
import {
  drainSteps,
  exampleText,
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
import { plain } from './words/plain.ts';
import { whys } from './words/remarks.ts';

export function renderMarkdown(record: RunRecord): string {
  const { verdict, profile } = record;
  const { sentence, reasons } = answerOf(record);
  const foreign = foreignLines(record);
  const why = whyCommand(record, '.');
  const again = againCommand(record, 'plan.json');
  return [
    `# ${verdictWords[verdict.value]}${profile === undefined ? '' : `: ${escapeText(profile.name)}`}`,
    '',
    ...(profile === undefined ? [] : [`${escapeText(profile.question)} Seed ${profile.seed}.`, '']),
    `**${escapeText(sentence)}**`,
    '',
    ...reasons.map((reason) => `- ${escapeText(reason)}`),
    '',
    ...section('Findings', findingRows(record)),
    ...section(
      'Taken on your word',
      foreign.taken.map((each) => `- ${escapeText(each)}`),
    ),
    ...section(
      'Not decided',
      foreign.undecided.map((each) => `- ${escapeText(each)}`),
    ),
    ...section('Numbers', numberLines(record)),
    ...section('Faults', faultLines(record)),
    ...section(
      'Outages of the store',
      (record.storeOutages ?? []).map((outage) => `- ${escapeText(outageTexts(outage, record).join(' · '))}`),
    ),
    ...section(
      'Drain',
      drainSteps(record).map(({ step, ok, proof }) => `- ${ok ? '✓' : '✗'} ${step}: ${escapeText(proof ?? '')}`),
    ),
    ...section(
      'Environment',
      Object.entries(record.environment ?? {}).map(([key, value]) => `- ${key}: ${escapeText(String(value))}`),
    ),
    ...(why === undefined ? [] : section('Why, in this folder', ['```sh', why, '```'])),
    ...(again === undefined ? [] : section('Again, in this folder', ['```sh', again, '```'])),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
}

function findingRows(record: RunRecord): string[] {
  const shown = shownFindings(record);
  if (shown.length === 0) return ['None.'];
  const rows = shown.map((finding) => {
    const { class: name, count, allowed, examples } = finding;
    const meaning = [meanings[name], ...whys(record, finding)].join('; ');
    const example = examples[0] === undefined ? '' : exampleText(examples[0], record);
    const much = name === 'unavailable' ? counted(count, 'fault') : String(count);
    return `| ${name} | ${much} | ${allowed ? 'yes' : '**no**'} | ${escapeText(meaning)} | ${escapeText(example)} |`;
  });
  return ['| class | messages | expected | meaning | worst example |', '| --- | ---: | --- | --- | --- |', ...rows];
}

function numberLines(record: RunRecord): string[] {
  const extra = extraDeliveries(record.counts);
  return [
    ...sums(record.counts).map(([name, whole, parts]) => `- ${name} ${whole} = ${parts}`),
    ...[...numberTexts(record), ...(extra === undefined ? [] : [extra])].map((text) => `- ${text}`),
    ...latencies(record).map(
      ([name, { p50Us, p99Us, maxUs }]) =>
        `- latency, ${name}: p50 ${milliseconds(p50Us)}, p99 ${milliseconds(p99Us)}, max ${milliseconds(maxUs)}`,
    ),
  ];
}

function faultLines({ faults }: RunRecord): string[] {
  if (faults.length === 0) return ['None.'];
  return faults.map((fault) => `- **${escapeText(fault.id)}** ${escapeText(faultTexts(fault).join(' · '))}`);
}

/** Text that neither ends a table's cell or a line nor is taken for HTML. */
export function escapeText(text: string): string {
  return plain(text)
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;');
}
