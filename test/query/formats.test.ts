import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Story } from '../audit/support/story.ts';
import { AskedRun } from './support/asked.ts';

let run: AskedRun;
beforeAll(async () => {
  run = await AskedRun.of(new Story().send(1, 0).model(), { audit: false });
});
afterAll(() => run[Symbol.asyncDispose]());

const values = "SELECT 1 AS n, 'a,\"b\"' AS text, NULL AS nothing, '' AS empty, 2.50 AS d, true AS yes";

describe('csv', () => {
  test('is RFC 4180', async () => {
    expect(await run.text(values, 'csv')).toBe('n,text,nothing,empty,d,yes\n1,"a,""b""",,"",2.50,true');
  });

  test('of no rows it is the names', async () => {
    expect(await run.text('SELECT 1 AS "a,b" WHERE false', 'csv')).toBe('"a,b"');
  });
});

describe('json', () => {
  test('one document, and a line for each row', async () => {
    const row = { n: 1, text: 'a,"b"', nothing: null, empty: '', d: 2.5, yes: true };
    expect(JSON.parse(await run.text(`${values} FROM range(3)`, 'json'))).toEqual([row, row, row]);
    expect((await run.text(`${values} FROM range(2)`, 'ndjson')).split('\n').map((line) => JSON.parse(line))).toEqual([
      ...[row, row],
    ]);
    expect(await run.text('SELECT 1 WHERE false', 'json')).toBe('[]');
    expect(await run.text('SELECT 1 WHERE false', 'ndjson')).toBe('');
  });

  test('more than one batch of rows is one document', async () => {
    expect(JSON.parse(await run.text('FROM range(5000)', 'json'))).toHaveLength(5000);
  });

  test.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['12345678901234567890123::HUGEINT', '12345678901234567890123'],
    ["'nan'::DOUBLE", null],
    ['[1, NULL, 3]', [1, null, 3]],
    ["{'a': 1, 'b': ['x']}", { a: 1, b: ['x'] }],
    ["DATE '2026-01-02'", '2026-01-02'],
    ["MAP {'k': 1}", "{'k': 1}"],
    ['12345678901234567890.5::DECIMAL(30,1)', '12345678901234567890.5'],
  ])('%s', async (sql, value) => {
    expect(JSON.parse(await run.text(`SELECT ${sql} AS v`, 'json'))).toEqual([{ v: value }]);
  });

  test('columns of one name are told apart', async () => {
    expect(JSON.parse(await run.text('SELECT 1 AS a, 2 AS a, 3 AS "a:1"', 'json'))).toEqual([
      { a: 1, 'a:1': 2, 'a:1:1': 3 },
    ]);
  });
});

describe('table', () => {
  const wide = "SELECT 'x' AS short, 1234567 AS number, repeat('long ', 30) AS text, NULL AS nothing";

  test('numbers to the right, texts to the left', async () => {
    const sql = "SELECT * FROM (VALUES (1, 'a'), (1000, 'bcd')) v(number, t) ORDER BY 1";
    expect(await run.text(sql, 'table')).toBe('number  t\n──────  ───\n     1  a\n  1000  bcd\n(2 rows)');
  });

  test.each([60, 80, 160])('fits %i columns: the longest texts are cut, numbers never', async (columns) => {
    const lines = (await run.text(wide, 'table', undefined, columns)).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines[2]).toMatch(/^x +1234567 +long long .*… +–$/);
  });

  test('a row is a block where there is no room for its columns', async () => {
    const many = Array.from({ length: 12 }, (_, at) => `${at} AS a_long_name_${at}`).join(', ');
    const text = await run.text(`SELECT ${many}, repeat('y', 200) AS text`, 'table', undefined, 60);
    expect(text).toMatch(/^row 1\n {2}a_long_name_0 {3}0\n/);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  test('says that there is more', async () => {
    const text = await run.text('FROM range(5000)', 'table', 3);
    expect(text).toMatch(
      /\n {4}2\n\(the first 3 rows of more: --limit N shows others, --format csv or ndjson writes all\)$/,
    );
    expect(await run.text('FROM range(3)', 'table', 3)).toMatch(/\(3 rows\)$/);
  });

  test('what would act on a terminal does not', async () => {
    expect(await run.text("SELECT 'a' || chr(27) || '[31m' || chr(10) || 'b' AS t", 'table')).not.toContain('\u001b');
  });
});

test.each(['csv', 'json', 'ndjson'] as const)('%s stops at the limit', async (format) => {
  const text = await run.text('FROM range(5000)', format, 3);
  expect(text.match(/\d+/g)?.at(-1)).toBe('2');
});
