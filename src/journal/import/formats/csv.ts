/**
 * CSV whose first line names the columns (RFC 4180). A record is one line: a quote that does not end on its line is
 * damage, and must not swallow the lines after it as a reader of whole files would.
 */
import type { Fields } from './fields.ts';
import type { Format } from './format.ts';
import { mapped, type ObjectOf } from './mapped.ts';

const wanted = 'columns under a first line that names them, with those of --map';

export const csvFormat: Format = {
  name: 'csv',
  summary: 'CSV whose first line names the columns, read by --map',
  sent: mapped('sent', rows),
  received: mapped('received', rows),
  effects: mapped('effects', rows),
  example: { sent: wanted, received: wanted, effects: wanted },
  cuttable: true,
  looksLike: (line) => (/^[\w ."-]+(,[\w ."-]+)+$/.test(line) ? ['sent', 'received', 'effects'] : []),
};

function rows(): ObjectOf {
  let names: string[] | undefined;
  return (line) => {
    const cells = cellsOf(line);
    if (names === undefined) {
      names = cells;
      return 'heading';
    }
    if (cells.length !== names.length)
      throw new Error(`${cells.length} columns, and the first line names ${names.length}`);
    const fields: Fields = {};
    // an empty cell says nothing
    for (const [at, cell] of cells.entries()) if (cell !== '') fields[names[at] as string] = cell;
    return fields;
  };
}

const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

function cellsOf(line: string): string[] {
  const cells: string[] = [];
  if (!line.includes('"')) return line.split(',');
  cell.lastIndex = 0;
  for (;;) {
    const found = cell.exec(line);
    if (found === null) throw new Error('a quoted column does not end, or goes on after its quote');
    cells.push(found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"'));
    if (found[3] === '') return cells;
  }
}
