/** What docs/broker.md says of clients is what the last full run found, and that run asked what would be asked now. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { clients } from './clients.ts';
import { readResults, tables, writePage } from './results.ts';
import { questions } from './steps.ts';

const results = readResults();

test('the page has the tables of the results', () => {
  if (process.env.MQCHAOS_WRITE === 'true') writePage(results);
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/broker.md'), 'utf8');
  expect(page).toContain(tables(results));
});

test('every client that was run is one of those there are', () => {
  expect(Object.keys(results).filter((name) => clients.every((client) => client.name !== name))).toEqual([]);
});

const run = clients.filter(({ name }) => results[name] !== undefined);

test.each(run)('$name was asked all, and no answer was wrong', ({ name, script }) => {
  const found = results[name] ?? {};
  expect(Object.keys(found)).toEqual(questions(script).map((step) => step.name));
  expect(Object.entries(found).filter(([, outcomes]) => outcomes.includes('wrong'))).toEqual([]);
});
