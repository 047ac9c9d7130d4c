/** `report.md`: for a job summary or a ticket. */
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

export function renderMarkdown(record: RunRecord, folder: string): string {
  const { verdict, profile, environment } = record;
  const again = againCommand(record, folder);
  return [
    `# ${verdictWords[verdict.value]}${profile === undefined ? '' : `: ${profile.name}`}`,
    '',
    ...(profile === undefined ? [] : [`${profile.question} Seed ${profile.seed}.`, '']),
    ...verdict.reasons.map((reason) => `- ${escapeText(reason)}`),
    '',
    '## Findings',
    '',
    '| class | messages | allowed | meaning | worst example |',
    '| --- | ---: | --- | --- | --- |',
    ...shownFindings(record).map(
      ({ class: name, count, allowed, examples, undecided }) =>
        `| ${name} | ${count} | ${allowed ? 'yes' : '**no**'} | ${meanings[name]}${undecided === undefined ? '' : ` (undecided: ${escapeText(undecided)})`} | ${examples[0] === undefined ? '' : escapeText(exampleText(examples[0]))} |`,
    ),
    '',
    ...sums(record.counts).map((line) => `- ${line}`),
    ...Object.entries(record.latency).map(
      ([name, { p50Us, p99Us, maxUs }]) =>
        `- ${name} latency: p50 ${milliseconds(p50Us)}, p99 ${milliseconds(p99Us)}, max ${milliseconds(maxUs)}`,
    ),
    '',
    '## Faults',
    '',
    ...(record.faults.length === 0
      ? ['None.']
      : record.faults.map((fault) => `- **${fault.id}** ${escapeText(faultText(fault))}`)),
    '',
    '## Drain',
    '',
    ...record.drain.steps.map(({ step, ok, proof }) => `- ${ok ? '✓' : '✗'} ${step}: ${escapeText(proof ?? '')}`),
    '',
    ...(environment === undefined
      ? []
      : ['## Environment', '', ...Object.entries(environment).map(([key, value]) => `- ${key}: ${String(value)}`), '']),
    ...(again === undefined ? [] : ['## Again', '', '```sh', again, '```', '']),
  ].join('\n');
}

function escapeText(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
