/** Files that say how a database is asked for effects: what is wrong with one is said with its line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import { effectsQuery } from '../../src/effects/asked/query.ts';
import { readQueryFile } from '../../src/effects/asked/query-file.ts';
import { ToolError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'mqchaos-query-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const url = `url: \${BOOKINGS_URL}`;

test('SQL: comments before the query say where the database is', () => {
  const path = file(
    'asked.sql',
    '-- counted once a night',
    `-- ${url}`,
    '-- group: billing',
    '',
    'select id from t; -- ;',
  );
  expect(readQueryFile(path)).toEqual({
    path,
    url: `\${BOOKINGS_URL}`,
    group: 'billing',
    sql: 'select id from t',
    line: 5,
  });
});

test('YAML: the same as keys, and the line on which the query begins', () => {
  const path = file('asked.yaml', 'file: bookings.db', 'query: |', '  -- all', '  select id', '  from t', '');
  expect(readQueryFile(path)).toEqual({ path, file: 'bookings.db', sql: '-- all\nselect id\nfrom t\n', line: 3 });
});

test.each([
  ['no query', 'a.yaml', [url], ':1: it holds no query'],
  ['no place', 'a.sql', ['-- all', 'select 1'], ':2: it does not say where the database is'],
  ['two places', 'a.yaml', ['query: select 1', 'file: x.db', url], ':3: url and file exclude each other'],
  ['a misspelt key', 'a.yaml', ['query: select 1', 'ulr: x'], ":2: there is no key 'ulr'; did you mean 'url'?"],
  ['a key that is none, in SQL', 'a.sql', ['-- ulr: x', 'select 1'], ":1: there is no key 'ulr'"],
  ['a value that is none', 'a.yaml', ['query: select 1', 'file: [x]'], ':2: file must be a text'],
  ['broken YAML', 'a.yaml', ['query: "select 1', 'file: x'], ':'],
  ['no map', 'a.yaml', ['- select 1'], ':1: expected keys with values'],
  ['what writes', 'a.sql', [`-- ${url}`, '', 'delete from t'], ":3: it begins with 'delete', and must only read"],
  ['two statements', 'a.sql', [`-- ${url}`, "select ';';", 'drop table t'], ':3: a second statement begins here'],
] as const)('refused: %s', (_what, name, lines, says) => {
  const path = file(name, ...lines);
  const error = thrown(() => readQueryFile(path));
  expect(error).toMatchObject({ code: 'query-file', exitCode: 2 });
  expect(error.message).toContain(`${path}${says}`);
  expect(error.hint).toBeTruthy();
});

test.each([
  ['a URL in the file', `url: postgres://u:hush@h/d`, {}, 'literal-secret', 'is a secret'],
  ['a variable that is not set', url, {}, 'unset-variable', 'BOOKINGS_URL is not set'],
  [
    'a store that takes no query',
    url,
    { BOOKINGS_URL: 'redis://u:hush@h/0' },
    'store-url',
    'begins with redis:, which takes no query',
  ],
  ['no URL', url, { BOOKINGS_URL: 'hush' }, 'store-url', 'is not a URL'],
  ['a file that is not there', 'file: none.db', {}, 'query-file', 'there is no file none.db'],
] as const)('refused before anything is asked: %s', (_what, where, env, code, says) => {
  const error = thrown(() => effectsQuery(file('where.yaml', where, 'query: select 1 as id'), env));
  expect(error).toMatchObject({ code, exitCode: 2 });
  expect(error.message).toContain(says);
  expect(`${error.message} ${error.hint}`).not.toContain('hush');
});

test('a file that cannot be read', () => {
  expect(thrown(() => readQueryFile(join(folder, 'none.sql')))).toMatchObject({ code: 'unreadable', exitCode: 2 });
});

test('those of docs/own-records.md can be read', () => {
  const page = readFileSync(join(packageFolder, 'docs/own-records.md'), 'utf8');
  const blocks = [...page.matchAll(/^```(sql|yaml)\n(.*?)^```/gms)].filter(([, , text = '']) =>
    text.includes('select'),
  );
  const files = blocks.map(([, kind, text = '']) => readQueryFile(file(`page.${kind}`, text)));
  expect(files.map(({ url: reference, file: name, group }) => [reference, name, group])).toEqual([
    [`\${BOOKINGS_URL}`, undefined, undefined],
    [undefined, 'bookings.db', 'billing'],
  ]);
});

function thrown(work: () => unknown): ToolError {
  try {
    work();
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
