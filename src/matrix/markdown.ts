/** `matrix.md`: the table for a ticket or a page of documentation. Names no path outside its folder. */
import { escapeText } from '../report/markdown.ts';
import { verdictWords } from '../report/words/phrases.ts';
import { againCommand, harmedFolders, harmedText, harmText, headline, rowWords } from './phrases.ts';
import { type MatrixHalf, type MatrixRecord, type MatrixRow, verdictOfMatrix } from './record.ts';

export function renderMatrixMarkdown(record: MatrixRecord): string {
  const { rows, repeat, environment } = record;
  return [
    `# ${verdictWords[verdictOfMatrix(record)]}: ${headline(record)}`,
    '',
    'Each measure on and off, under the same faults and seeds. Attempted, acked and harm are messages.',
    '',
    `| measure | fault | harm | ${sideTitles('on', repeat)} | ${sideTitles('off', repeat)} | verdict |`,
    `| --- | --- | --- | ${sideRule(repeat)} | ${sideRule(repeat)} | --- |`,
    ...rows.flatMap((row) => tableLines(row, repeat)),
    '',
    ...section('Why', rows.flatMap(reasonLines)),
    ...section('Which messages', rows.flatMap(whereLines)),
    ...section(
      'Environment',
      Object.entries(environment).map(([key, value]) => `- ${key}: ${escapeText(String(value))}`),
    ),
    ...section('Again, in this folder', ['```sh', againCommand(record, 'cluster.yaml'), '```']),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
}

function sideTitles(side: 'on' | 'off', repeat: number): string {
  const titles = ['attempted', 'acked', 'harm', ...(repeat === 1 ? [] : ['runs harmed'])];
  return titles.map((title, index) => (index === 0 ? `${side}: ${title}` : title)).join(' | ');
}

function sideRule(repeat: number): string {
  return ['---:', '---:', '---:', ...(repeat === 1 ? [] : ['---:'])].join(' | ');
}

/** A line for the pair, and one for each further half. */
function tableLines(row: MatrixRow, repeat: number): string[] {
  const [on, off] = ['on', 'off'].map((side) => row.halves.find(({ half }) => half === side));
  const harm = row.harm.join(', ');
  const lines = [
    [`${row.title} (${row.measure})`, row.fault, harm, side(on, repeat), side(off, repeat), rowWords[row.verdict]],
  ];
  for (const half of row.halves.filter(({ half: name }) => name !== 'on' && name !== 'off')) {
    lines.push([`${row.title}, ${half.half}`, '', '', side(half, repeat), side(undefined, repeat), '']);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`);
}

function side(half: MatrixHalf | undefined, repeat: number): string {
  const cells =
    half === undefined || half.done === 0
      ? ['', '', '', '']
      : [String(half.attempted), String(half.acked), harmText(half), harmedText(half)];
  return cells.slice(0, repeat === 1 ? 3 : 4).join(' | ');
}

function reasonLines({ measure, reasons }: MatrixRow): string[] {
  return reasons.map((reason) => `- ${measure}: ${escapeText(reason)}`);
}

/** The folders whose findings.ndjson names every harmed message. */
function whereLines(row: MatrixRow): string[] {
  const folders = harmedFolders(row);
  if (folders.length === 0) return [];
  return [`- ${row.measure}: ${folders.map((folder) => `\`${folder}/findings.ndjson\``).join(', ')}`];
}
