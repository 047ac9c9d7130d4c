/**
 * For people: columns that fit the terminal, numbers to the right. What is too long is cut, with an ellipsis; where so many
 * columns do not fit even so, each row is a block with a line for each column.
 */
import { counted } from '../../counted.ts';
import { plain } from '../../report/words/plain.ts';
import type { AnswerColumn, Row } from '../answer.ts';
import { firstRows } from '../answer.ts';
import { textOf } from '../value.ts';
import type { Format } from './format.ts';

/** Rows of which the widths are taken, and that are held in memory. */
const mostRows = 10_000;
const gap = 2;
/** No column of text is cut to less. */
const leastWidth = 8;
const nothing = '–';

export const table: Format = async function* (answer, { limit, columns }) {
  const rows: Row[] = [];
  const most = Math.min(limit ?? mostRows, mostRows);
  for await (const batch of firstRows(answer, most + 1)) rows.push(...batch);
  const shown = rows.slice(0, most);
  yield [...drawn(answer.columns, shown.map(cellsOf), columns), footer(shown.length, rows.length > most)].join('\n');
};

function footer(shown: number, more: boolean): string {
  if (!more) return `(${counted(shown, 'row')})`;
  return `(the first ${counted(shown, 'row')} of more: --limit N shows others, --format csv or ndjson writes all)`;
}

function cellsOf(row: Row): string[] {
  return row.map((value) => {
    const text = textOf(value);
    return text === undefined ? nothing : plain(text).replaceAll(/\s+/g, ' ');
  });
}

function drawn(columns: readonly AnswerColumn[], rows: readonly (readonly string[])[], width: number): string[] {
  const names = columns.map(({ name }) => plain(name).replaceAll(/\s+/g, ' '));
  const widths = fitted(columns, [names, ...rows], width);
  if (widths === undefined) return blocks(names, rows, width);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => {
        const size = widths[at] ?? 0;
        const text = cut(cell, size);
        return columns[at]?.isNumber === true ? text.padStart(size) : text.padEnd(size);
      })
      .join(' '.repeat(gap))
      .trimEnd();
  return [line(names), widths.map((size) => '─'.repeat(size)).join(' '.repeat(gap)), ...rows.map(line)];
}

/** As wide as the widest cell, where that fits; else the widest texts are cut. Undefined: they would be unreadable. */
function fitted(
  columns: readonly AnswerColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): number[] | undefined {
  const widths = columns.map((_, at) => rows.reduce((most, row) => Math.max(most, (row[at] ?? '').length), 0));
  const room = width - gap * (columns.length - 1);
  const total = (): number => widths.reduce((sum, each) => sum + each, 0);
  while (total() > room) {
    // a number that is cut would be another number
    const texts = widths.map((size, at) => (columns[at]?.isNumber === true ? 0 : size));
    const widest = Math.max(...texts);
    if (widest <= leastWidth) return undefined;
    const next = Math.max(leastWidth, ...texts.filter((size) => size < widest));
    const many = texts.filter((size) => size === widest).length;
    const less = Math.max(1, Math.min(widest - next, Math.ceil((total() - room) / many)));
    for (const [at, size] of texts.entries()) if (size === widest) widths[at] = widest - less;
  }
  return widths;
}

function blocks(names: readonly string[], rows: readonly (readonly string[])[], width: number): string[] {
  const head = names.reduce((most, name) => Math.max(most, name.length), 0);
  return rows.flatMap((row, at) => [
    `row ${at + 1}`,
    ...names.map(
      (name, column) => `  ${name.padEnd(head)}  ${cut(row[column] ?? '', Math.max(leastWidth, width - head - 4))}`,
    ),
  ]);
}

function cut(text: string, size: number): string {
  return text.length <= size ? text : `${text.slice(0, size - 1)}…`;
}
