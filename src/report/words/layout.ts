/** Text in lines and columns, without colour: wrap first, paint afterwards. */
import { plain } from './plain.ts';

/** Columns of a report where nobody knows the terminal: a file, a pipe. */
export const usualColumns = 100;
const fewestColumns = 60;
const mostColumns = 120;

/** How wide a report is in a terminal of that width: narrower is unreadable, and so is wider. */
export function columnsFor(terminal = usualColumns): number {
  return Math.min(mostColumns, Math.max(fewestColumns, terminal));
}

/** Anywhere but between a number and its unit. */
const breakable = /\s+(?!(?:ms|s|min|B|KiB|MiB|GiB|%)(?:[\s,.;:)]|$))/;

/** Lines of so many columns, all of them indented; a word is never broken. Names of others may hold anything. */
export function wrap(text: string, indent: number, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text).split(breakable)) {
    if (line !== '' && indent + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each);
}

/** A text behind its head, and further lines of it below its beginning. */
export function hanging(head: string, text: string, columns: number): string[] {
  const [first = '', ...rest] = wrap(text, head.length, columns);
  return [`${head}${first.slice(head.length)}`, ...rest];
}

/** Rows with their cells padded to the widest of the column: the first column to the left, others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => longest(rows.map((row) => row[column] ?? '')));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

export function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
