/** RFC 4180, with a line of names first and LF as the end of a line; null is an empty field, an empty text is `""`. */
import { firstRows } from '../answer.ts';
import { textOf } from '../value.ts';
import type { Format } from './format.ts';

export const csv: Format = async function* (answer, { limit }) {
  yield answer.columns.map(({ name }) => field(name)).join(',');
  for await (const rows of firstRows(answer, limit)) {
    yield rows.map((row) => row.map((value) => field(textOf(value))).join(',')).join('\n');
  }
};

function field(text: string | undefined): string {
  if (text === undefined) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
