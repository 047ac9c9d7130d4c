/** A run with killed consumers and failing tries, and what SQL says of it: the same as its record. */

import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { Workspace } from '../support/tool.ts';

const page = readFileSync(join(packageFolder, 'docs', 'query.md'), 'utf8');
const recipes = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql.trim());

let workspace: Workspace;
let record: RunRecord;

beforeAll(async () => {
  workspace = new Workspace();
  const { code, stdout, stderr } = await workspace.run(['run', 'redelivery', '--seed', '5']);
  expect(code, stdout + stderr).toBe(0);
  record = JSON.parse(readFileSync(join(workspace.folder, '.mqchaos', 'latest', 'record.json'), 'utf8')) as RunRecord;
});
afterAll(() => workspace[Symbol.dispose]());

const asked = (...args: string[]) => workspace.run(['query', ...args]);

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await asked(sql, '--format', 'ndjson');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout === ''
    ? []
    : stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a run', () => {
  test('is counted as its record counts it', async () => {
    const messages = await rows('SELECT outcome, count(*) AS n FROM messages GROUP BY outcome');
    const { counts } = record;
    const of = (outcome: string): unknown => messages.find((row) => row.outcome === outcome)?.n ?? 0;
    const outcomes = ['acked', 'degraded', 'rejected', 'unknown'] as const;
    expect(Object.fromEntries(outcomes.map((name) => [name, of(name)]))).toEqual(
      Object.fromEntries(outcomes.map((name) => [name, counts[name]])),
    );
    const [told] = await rows(`SELECT
      (SELECT count(*) FROM sends) AS attempts, (SELECT count(*) FROM receipts) AS deliveries,
      (SELECT count(*) FROM stored) AS "storedRecords", (SELECT count(*) FROM receipts WHERE by_retry_topic) AS redeliveries,
      (SELECT count(*) FROM processings WHERE result = 'applied') AS "effectsApplied",
      (SELECT count(*) FROM processings WHERE result = 'absorbed') AS "effectsAbsorbed",
      (SELECT count(*) FROM processings WHERE result IN ('failed', 'store-away')) AS "processingFailed",
      (SELECT count(*) FROM effects WHERE times = 1) AS "effectOnce",
      (SELECT count(DISTINCT (message, consumer_group)) FROM findings WHERE class = 'duplicate-delivered') AS "duplicateDelivered"`);
    const names = Object.keys(told ?? {});
    expect(told).toEqual(Object.fromEntries(names.map((name) => [name, counts[name as keyof typeof counts]])));
    expect(counts.processingFailed).toBeGreaterThan(100);
    const faults = await rows('SELECT fault, injected_at_ns, healed_at_ns FROM faults ORDER BY injected_at_ns');
    expect(faults).toEqual(
      record.faults.map(({ id, injected, healed }) => ({ fault: id, injected_at_ns: injected, healed_at_ns: healed })),
    );
  });

  test.each(recipes)('answers what the page asks: %s', async (sql) => {
    const { code, stderr } = await asked(sql);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('the page asks some questions, and lists every table', async () => {
    expect(recipes.length).toBeGreaterThan(8);
    const { tables } = JSON.parse((await asked('--json')).stdout) as { tables: { name: string; about: string }[] };
    const listed = [...page.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name, about]) => ({ name, about }));
    expect(listed).toEqual(tables.map(({ name, about }) => ({ name, about })));
  });

  test('without SQL: its tables, and questions that can be asked as they stand', async () => {
    const { code, stdout } = await asked();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sends {2}an attempt to send a message\n {2}message +VARCHAR/);
    const questions = [...stdout.matchAll(/mqchaos query (\S+) "(.*)"/g)];
    expect(questions.length).toBe(3);
    for (const [, run = '', sql = ''] of questions) expect((await asked(run, sql)).code, sql).toBe(0);
  });

  test('SQL from a file and from stdin', async () => {
    writeFileSync(join(workspace.folder, 'question.sql'), 'SELECT 6 * 7 AS answer');
    expect((await asked('latest', '--file', 'question.sql', '--format', 'csv')).stdout).toBe('answer\n42\n');
    const bin = join(packageFolder, 'bin', 'mqchaos.js');
    const { stdout } = spawnSync(process.execPath, [bin, 'query', '-', '--json'], {
      cwd: workspace.folder,
      input: 'SELECT 6 * 7 AS answer',
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual([{ answer: 42 }]);
  });

  test('leaves nothing behind, and changes nothing of the run', async () => {
    const folder = realpathSync(join(workspace.folder, '.mqchaos', 'latest'));
    const before = readdirSync(folder, { recursive: true });
    await asked('SELECT count(DISTINCT message) FROM receipts');
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
    expect(readdirSync(workspace.folder).sort()).toEqual(['.mqchaos', 'question.sql']);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('mqchaos-query-'))).toEqual([]);
  });
});

describe('Parquet', () => {
  test('a file a table, never over another', async () => {
    const { code, stdout } = await asked('latest', '--parquet', 'tables');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tables\/sends\.parquet {2}\d+ rows\n/);
    const again = await asked('latest', '--parquet', 'tables');
    expect({ code: again.code, stdout: again.stdout }).toEqual({ code: 2, stdout: '' });
    expect(again.stderr).toContain('tables is not empty');
    expect(again.stderr).toContain('--parquet');
    const sql = "SELECT count(*) AS n FROM read_parquet('tables/receipts.parquet')";
    const { stdout: read } = await asked(sql, '--allow-files', '--json');
    expect(JSON.parse(read)).toEqual([{ n: record.counts.deliveries }]);
  });
});

describe('refuses', () => {
  test.each([
    { args: ['nowhere', 'SELECT 1'], says: 'there is no run nowhere' },
    { args: ['.', 'SELECT 1'], says: 'is not a run of mqchaos' },
    { args: ['SELEC 1'], says: 'LINE 1: SELEC 1' },
    { args: ['SELECT colour FROM sends'], says: '"colour" not found' },
    { args: ["COPY sends TO 'out.csv'"], says: '--allow-files' },
    { args: ['latest', 'SELECT 1', '--file', 'question.sql'], says: 'SQL is given twice' },
    { args: ['latest', '--file', 'nothing.sql'], says: 'cannot read nothing.sql' },
    { args: ['latest', 'SELECT 1', '--parquet', 'other'], says: '--parquet writes the tables' },
    { args: ['latest', 'SELECT 1', '--format', 'xml'], says: 'one of table, csv, json, ndjson' },
    { args: ['latest', 'SELECT 1', '--limit', 'no'], says: '--limit: expected a whole number' },
  ])('$args', async ({ args, says }) => {
    const { code, stdout, stderr } = await asked(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr).toContain('hint');
  });
});

test('whoever reads only the beginning ends the query', () => {
  const bin = join(packageFolder, 'bin', 'mqchaos.js');
  const line = `"${process.execPath}" "${bin}" query "FROM receipts, range(100000)" --format csv | head -1; echo "\${PIPESTATUS[0]}"`;
  const { stdout } = spawnSync('bash', ['-c', line], { cwd: workspace.folder, encoding: 'utf8', timeout: 100_000 });
  expect(stdout).toMatch(/^message,producer.*\n0\n$/);
});

test('a signal ends a query, and its folder goes with it', async () => {
  const tool = workspace.start([
    'query',
    'SELECT count(*), sum(a.range * b.range) FROM range(100000) a, range(10000000) b',
  ]);
  const own = `mqchaos-query-${tool.process.pid}-`;
  while (!readdirSync(tmpdir()).some((name) => name.startsWith(own))) await new Promise(setImmediate);
  tool.process.kill('SIGINT');
  const { code, stdout } = await tool.end;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(own))).toEqual([]);
});

test('a run that was killed is answered as far as it goes, with a warning', async () => {
  const folder = join(workspace.folder, 'killed');
  cpSync(realpathSync(join(workspace.folder, '.mqchaos', 'latest')), folder, { recursive: true });
  const runner = join(folder, 'journal', 'runner.journal');
  writeFileSync(runner, readFileSync(runner).subarray(0, -32));
  const { code, stdout, stderr } = await asked('killed', 'SELECT count(*) AS n FROM sends', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual([{ n: record.counts.attempts }]);
  expect(stderr).toMatch(/damaged {2}the journal of the runner is not closed/);
});

describe('without DuckDB beside mqchaos', () => {
  const require = createRequire(join(packageFolder, 'package.json'));
  let alone: string;

  beforeAll(() => {
    alone = join(workspace.folder, 'alone');
    mkdirSync(join(alone, 'node_modules'), { recursive: true });
    for (const name of ['bin', 'dist', 'package.json', 'profiles']) {
      cpSync(join(packageFolder, name), join(alone, name), { recursive: true });
    }
    const { dependencies } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of Object.keys(dependencies)) {
      const link = join(alone, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(packageFolder, 'node_modules', name), link);
    }
  });

  const ask = (folder: string) =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      const run = join(workspace.folder, '.mqchaos', 'latest');
      const child = spawn(
        process.execPath,
        [join(alone, 'bin', 'mqchaos.js'), 'query', run, 'SELECT 42 AS n', '--json'],
        {
          cwd: folder,
          env: { ...process.env, NO_COLOR: '1' },
        },
      );
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (data) => {
        stdout += String(data);
      });
      child.stderr.on('data', (data) => {
        stderr += String(data);
      });
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });

  test('one error, with the line that installs it', async () => {
    const { code, stdout, stderr } = await ask(workspace.folder);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toBe(
      '✗ @duckdb/node-api is not installed: queries are answered by DuckDB\n  hint  npm install @duckdb/node-api\n',
    );
  });

  test("the one of the user's own project is found", async () => {
    const project = join(workspace.folder, 'project');
    mkdirSync(join(project, 'node_modules', '@duckdb'), { recursive: true });
    const own = join(project, 'node_modules', '@duckdb', 'node-api');
    symlinkSync(dirname(require.resolve('@duckdb/node-api/package.json')), own);
    expect(await ask(project)).toMatchObject({ code: 0, stdout: expect.stringContaining('42') });
    rmSync(own);
    mkdirSync(own);
    writeFileSync(join(own, 'package.json'), '{"name":"@duckdb/node-api","version":"1.4.4-r.1","main":"index.js"}');
    writeFileSync(join(own, 'index.js'), 'module.exports = { DuckDBInstance: class {} };');
    const { code, stderr } = await ask(project);
    expect(code).toBe(4);
    expect(stderr).toContain('is too old');
    expect(stderr).toContain('npm install @duckdb/node-api@latest');
  });
});
