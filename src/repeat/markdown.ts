/** `repeat.md`: the table for a job summary or a ticket. Names no path outside its folder. */
import { escapeText } from '../report/markdown.ts';
import { verdictWords } from '../report/words/phrases.ts';
import { againLine, boundText, cells, headline, titles } from './phrases.ts';
import type { RepeatRecord } from './record.ts';

export function repeatMarkdown(record: RepeatRecord): string {
  const { verdict, runs, firstFailure } = record;
  const reasons = runs.flatMap((run) => (run.verdict === 'pass' ? [] : run.reasons.map((why) => ({ run, why }))));
  return [
    `# ${verdictWords[verdict]}: ${escapeText(headline(record))}`,
    '',
    boundText(record),
    '',
    ...(firstFailure === undefined
      ? []
      : [
          `The first failure is seed ${firstFailure.seed}. Again, in this folder:`,
          '',
          ...shell(againLine(firstFailure)),
        ]),
    `| ${titles.join(' | ')} |`,
    `| ---: | --- | ---: | ---: | ---: | --- |`,
    ...runs.map((run) => `| ${cells(run).join(' | ')} |`),
    '',
    ...(reasons.length === 0 ? [] : ['## Why', '']),
    ...reasons.map(({ run, why }) => `- ${run.folder}: ${escapeText(why)}`),
    '',
  ].join('\n');
}

function shell(line: string): string[] {
  return ['```sh', line, '```', ''];
}
