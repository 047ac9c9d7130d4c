/** Anybody's JSON lines, also behind what a logger puts before them, by the caller's map. */
import type { Format } from './format.ts';
import { objectBehind } from './json.ts';
import { mapped } from './mapped.ts';

const wanted = 'JSON objects that have the fields of --map';
const open = () => objectBehind;

export const jsonFormat: Format = {
  name: 'json',
  summary: 'JSON lines of your own, also behind a prefix, read by --map (the default with --map)',
  sent: mapped('sent', open),
  received: mapped('received', open),
  effects: mapped('effects', open),
  example: { sent: wanted, received: wanted, effects: wanted },
  looksLike: (line) => (endsInObject(line) ? ['sent', 'received', 'effects'] : []),
};

function endsInObject(line: string): boolean {
  try {
    return objectBehind(line) !== undefined;
  } catch {
    return false;
  }
}
