import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import { deliveryFlags } from '../../src/journal/event.ts';
import { Story } from '../audit/support/story.ts';
import { AskedRun } from './support/asked.ts';

/** Acked and received twice; rejected, then acked; without an answer; disowned. */
function story(): Story {
  return new Story()
    .send(1, 0)
    .send(1, 1, ['rejected', 'acked'])
    .send(1, 2, ['none'])
    .send(1, 3)
    .disown(1, 3)
    .receive(1, 0)
    .receive(1, 0, { flags: deliveryFlags.redelivered })
    .receive(1, 1)
    .effect(1, 0)
    .fault('f1', 100, 200)
    .store(1, 0)
    .read();
}

async function refusalOf(asked: Promise<unknown>): Promise<ToolError> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ToolError) return error;
  throw error ?? new Error('it was answered');
}

describe('tables', () => {
  test('have the columns and types that are listed', async () => {
    await using run = await AskedRun.of(story().model());
    for (const { name, columns } of run.database.tables) {
      const described = await run.rows(`SELECT column_name, column_type FROM (DESCRIBE "${name}")`);
      expect(described).toEqual(columns.map((column) => ({ column_name: column.name, column_type: column.type })));
    }
  });

  test('a message by all its attempts', async () => {
    await using run = await AskedRun.of(story().model());
    expect(await run.rows('SELECT message, outcome, attempts FROM messages ORDER BY message')).toEqual([
      { message: 'p1#0', outcome: 'acked', attempts: 1 },
      { message: 'p1#1', outcome: 'acked', attempts: 2 },
      { message: 'p1#2', outcome: 'unknown', attempts: 1 },
      { message: 'p1#3', outcome: 'unknown', attempts: 1 },
    ]);
  });

  test('of a producer whose journal was cut a rejected message is unknown', async () => {
    const cut = new Story().send(1, 0, ['rejected']).end('p1', { closed: false, noted: false });
    await using run = await AskedRun.of(cut.model());
    expect(await run.rows('SELECT outcome, whole FROM sends')).toEqual([{ outcome: 'rejected', whole: false }]);
    expect(await run.rows('SELECT outcome FROM messages')).toEqual([{ outcome: 'unknown' }]);
    expect(run.audit?.counts).toMatchObject({ unknown: 1, rejected: 0 });
    expect(run.damages.join('\n')).toMatch(/p1\.journal: ends without its closing mark/);
  });

  test('a fault with its window and its targets', async () => {
    await using run = await AskedRun.of(story().model());
    const sql = 'SELECT fault, action, targets, missing, injecting_at_s, healed_at_s, error FROM faults';
    expect(await run.rows(sql)).toEqual([
      { fault: 'f1', action: 'kill', targets: ['b1'], missing: [], injecting_at_s: 0.1, healed_at_s: 0.2, error: null },
    ]);
  });

  test('a table that is joined with itself is read twice at a time', async () => {
    await using run = await AskedRun.of(story().model());
    const sql = 'SELECT count(*) FROM receipts a JOIN receipts b USING (message) WHERE a.redelivered > b.redelivered';
    expect(await run.value(sql)).toBe(1);
  });

  test('more rows than a vector holds', async () => {
    const many = new Story();
    for (let seq = 0; seq < 5000; seq += 1) many.send(1, seq);
    await using run = await AskedRun.of(many.model());
    expect(await run.value('SELECT sum(seq) FROM sends')).toBe(12497500);
    expect(await run.value('SELECT count(DISTINCT message) FROM sends')).toBe(5000);
  });

  test('without an audit findings are not none', async () => {
    await using run = await AskedRun.of(story().model(), { audit: false });
    const error = await refusalOf(run.rows('FROM findings'));
    expect(error).toMatchObject({ code: 'no-findings', exitCode: 2, hint: 'mqchaos audit RUN' });
    expect(await run.value('SELECT count(*) FROM sends')).toBe(5);
  });

  test('a line that is no finding is named', async () => {
    const spoil = ({ path }: { path: string }): void =>
      writeFileSync(join(path, 'findings.ndjson'), '{"class":"lost"}\n{');
    await using run = await AskedRun.of(story().model(), { spoil });
    const error = await refusalOf(run.rows('FROM findings'));
    expect(error).toMatchObject({ code: 'findings-unreadable', message: expect.stringMatching(/findings\.ndjson:2 /) });
  });
});

describe('a journal that is damaged', () => {
  test('since it was opened: said, and nothing of it is an answer', async () => {
    await using run = await AskedRun.of(story().model());
    const file = join(run.folder.path, 'p1.journal');
    const bytes = readFileSync(file);
    bytes[4096 + 32 + 4] = 99;
    writeFileSync(file, bytes);
    const error = await refusalOf(run.rows('FROM sends'));
    expect(error).toMatchObject({ code: 'journal-torn', exitCode: 3 });
    expect(error.message).toMatch(/^p1\.journal: record 1 is damaged/);
    truncateSync(file, 4096 + 16);
    expect(await refusalOf(run.rows('FROM sends'))).toMatchObject({ code: 'journal-torn' });
  });

  test('before: read up to there, with a warning', async () => {
    const spoil = ({ path }: { path: string }): void => {
      const file = join(path, 'c1.journal');
      const bytes = readFileSync(file);
      bytes[4096 + 2 * 32 + 4] = 99;
      writeFileSync(file, bytes);
    };
    await using run = await AskedRun.of(story().model(), { audit: false, spoil });
    expect(run.damages.join('\n')).toContain('c1.journal: record 2 (byte 4160) is damaged; what follows is not read');
    expect(await run.value('SELECT count(*) FROM receipts')).toBe(2);
  });
});

describe('SQL', () => {
  test.each([
    { sql: 'SELECT * FROM nowhere', says: /Table with name nowhere does not exist/ },
    { sql: 'SELECT colour FROM sends', says: /"colour" not found[\s\S]*LINE 1: SELECT colour FROM sends\n\s+\^/ },
    { sql: 'SELEC 1', says: /^Parser Error: syntax error at or near "SELEC"/ },
    { sql: 'SELECT 1; SELECT', says: /^Parser Error: SELECT clause without selection list/ },
    { sql: ' ; -- nothing\n/* at ; all */', says: /there is no statement/ },
    { sql: 'SELECT message::INTEGER FROM sends', says: /^Conversion Error: Could not convert string 'p1#0'/ },
  ])('$sql', async ({ sql, says }) => {
    await using run = await AskedRun.of(story().model());
    const error = await refusalOf(run.rows(sql));
    expect(error).toMatchObject({ code: 'sql', exitCode: 2 });
    expect(error.message).toMatch(says);
  });

  test('several statements: the answer of the last', async () => {
    await using run = await AskedRun.of(story().model());
    expect(await run.value('CREATE TABLE mine AS FROM sends; SELECT count(*) FROM mine')).toBe(5);
  });

  test.each([
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "FROM '/etc/passwd.csv'",
    "SELECT * FROM glob('/etc/*')",
    "COPY sends TO 'FOLDER/out.csv'",
    "ATTACH 'FOLDER/out.db' AS other",
    "EXPORT DATABASE 'FOLDER/out'",
    'INSTALL httpfs',
    "SET temp_directory = 'FOLDER/out'",
  ])('reaches no file: %s', async (sql) => {
    await using run = await AskedRun.of(story().model());
    const error = await refusalOf(run.rows(sql.replace('FOLDER', run.folder.path)));
    expect(error).toMatchObject({ code: 'sql-no-files', exitCode: 2 });
    expect(error.hint).toContain('--allow-files');
    expect(existsSync(join(run.folder.path, 'out'))).toBe(false);
  });

  test('nobody lets it in from within', async () => {
    await using run = await AskedRun.of(story().model());
    for (const sql of ['SET enable_external_access = true', "SET allowed_directories = ['/']"]) {
      await refusalOf(run.rows(sql));
    }
    expect(await refusalOf(run.rows("SELECT * FROM read_text('/etc/passwd')"))).toMatchObject({ code: 'sql-no-files' });
  });

  test('files where they are allowed', async () => {
    await using run = await AskedRun.of(story().model(), { files: true });
    const file = join(run.folder.path, 'out.csv');
    await run.rows(`COPY (SELECT message FROM sends WHERE attempt = 2) TO '${file}'`);
    expect(readFileSync(file, 'utf8')).toBe('message\n"p1#1"\n');
  });
});

test('Parquet, read back: every table as it is', async () => {
  await using run = await AskedRun.of(story().model(), { files: true });
  for (const table of run.database.tables) {
    const rows = await run.database.writeParquet(table, run.folder.path);
    const own = await run.rows(`FROM "${table.name}" ORDER BY ALL`);
    expect(rows).toBe(own.length);
    expect(await run.rows(`FROM read_parquet('${run.folder.path}/${table.name}.parquet') ORDER BY ALL`)).toEqual(own);
  }
});

test('memory that is not enough goes to the folder for temporary files, and nothing stays there', async () => {
  await using run = await AskedRun.of(story().model());
  await run.rows("SET memory_limit = '64MB'");
  const sql = 'SELECT count(*), max(n) FROM (SELECT range AS v, count(*) AS n FROM range(2000000) GROUP BY v)';
  expect(await run.rows(sql)).toEqual([{ 'count_star()': 2000000, 'max(n)': 1 }]);
});
