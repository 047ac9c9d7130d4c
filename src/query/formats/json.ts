/** Rows as JSON objects: one document that is an array of them, or a line for each. */
import { type Answer, firstRows } from '../answer.ts';
import { jsonOf } from '../value.ts';
import type { Format } from './format.ts';

export const json: Format = async function* (answer, { limit }) {
  let opening = '[\n';
  for await (const objects of objectsOf(answer, limit)) {
    yield opening + objects.join(',\n');
    opening = ',\n';
  }
  yield opening === '[\n' ? '[]' : ']';
};

export const ndjson: Format = async function* (answer, { limit }) {
  for await (const objects of objectsOf(answer, limit)) yield objects.join('\n');
};

async function* objectsOf(answer: Answer, limit: number | undefined): AsyncGenerator<string[]> {
  const keys = uniqueNames(answer.columns.map(({ name }) => name)).map((name) => JSON.stringify(name));
  for await (const rows of firstRows(answer, limit)) {
    yield rows.map((row) => `{${row.map((value, at) => `${keys[at]}:${JSON.stringify(jsonOf(value))}`).join(',')}}`);
  }
}

/** `a`, `a:1`, `a:2` of columns of one name, of which an object could hold only one. */
function uniqueNames(names: readonly string[]): string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let number = 1; used.has(unique); number += 1) unique = `${name}:${number}`;
    used.add(unique);
    return unique;
  });
}
