/** Text in lines and columns, without colour: wrap first, paint afterwards. */
import { plain } from './plain.ts';

/** Columns of a line. */
export const widest = 100;

/** Lines of at most 100 columns, all of them indented; a word is never broken. Names of others may hold anything. */
export function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text).split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > widest) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each);
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
