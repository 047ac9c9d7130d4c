/** `mqchaos query [RUN] [SQL]`: SQL over what a run recorded, by DuckDB; or its tables as Parquet files. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { counted } from '../../counted.ts';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import { RunDatabase } from '../../query/database.ts';
import { type FormatName, formats } from '../../query/formats/registry.ts';
import { loadDuckDB } from '../../query/peer.ts';
import { QueriedRun } from '../../query/rows/run.ts';
import { tablesOf } from '../../query/tables/registry.ts';
import type { Table } from '../../query/tables/table.ts';
import { wrap } from '../../report/words/layout.ts';
import { findRun, makeFolder, type RunFolder, refuseFull } from '../../run/folder/folder.ts';
import { workFolder } from '../../run/folder/temporary.ts';
import { exitCodeOfRun } from '../exit-codes.ts';
import { endings } from '../interruption.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { journalsIn } from '../run-journals.ts';
import { shownPath } from '../shown-path.ts';
import { asCalled, type Terminal } from '../terminal.ts';

/** Rows of a table on a terminal, where nobody says how many. */
const usualRows = 100;

interface QueryOptions extends OutputOptions {
  readonly file?: string;
  readonly format?: FormatName;
  readonly limit?: number;
  readonly parquet?: string;
  readonly allowFiles?: true;
}

export function queryCommand(): Command {
  const command = new Command('query')
    .description('SQL over the sends, receipts, effects, faults and findings of a run; without SQL its tables')
    .argument('[run]', 'a run folder, or `latest`', 'latest')
    .argument('[sql]', 'what to ask; - reads it from stdin')
    .option('--file <file>', 'read the SQL from a file')
    .option('--format <table|csv|json|ndjson>', 'how the answer is written (default: table)', parseFormat)
    .option(
      '--limit <rows>',
      `write so many rows at most (default: ${usualRows} of a table, all otherwise)`,
      parseLimit,
    )
    .option('--parquet <dir>', 'write the tables as Parquet files into a new folder instead')
    .option('--allow-files', 'let SQL read and write files');
  return withOutput(command, 'the same as --format json').addHelpText('after', asCalled(examples)).action(query);
}

const examples = `
Examples:
  mqchaos query
  mqchaos query "SELECT outcome, error, count(*) FROM sends GROUP BY ALL"
  mqchaos query latest "FROM receipts WHERE message = 'p1.1#41'" --format ndjson
  mqchaos query latest --file question.sql --format csv > answer.csv
  mqchaos query latest --parquet tables`;

async function query(first: string, second: string | undefined, options: QueryOptions): Promise<void> {
  const { run, sql } = await askedFor(first, second, options);
  if (options.parquet !== undefined) refuseFull(options.parquet, '--parquet');
  const folder = findRun(run);
  const journals = journalsIn(folder);
  const duckdb = await loadDuckDB(process.cwd());
  const terminal = terminalOf(options);
  using queried = await QueriedRun.open(journals);
  for (const damage of queried.damages) terminal.say(`${terminal.color.yellow('damaged')}  ${damage}`);
  let opened: RunDatabase | undefined;
  using until = endings(() => opened?.interrupt());
  using work = workFolder('query');
  const files = options.allowFiles === true || options.parquet !== undefined;
  const tables = tablesOf(queried, folder.findings);
  using database = await RunDatabase.open(duckdb, tables, { temporaryFolder: work.path, files });
  opened = database;
  try {
    if (until.ending !== undefined) return;
    if (options.parquet !== undefined) await writeTables(database, folder, options.parquet, terminal);
    else if (sql === undefined) tell(tables, folder, terminal, options);
    else await answer(database, sql, terminal, options, until);
  } catch (error) {
    if (until.ending === undefined) throw error;
  } finally {
    const { ending } = until;
    if (ending !== undefined) process.exitCode = ending === 'unread' ? exitCodes.pass : exitCodeOfRun(ending, 'pass');
  }
}

interface Asked {
  readonly run: string;
  /** Undefined: nothing is asked. */
  readonly sql: string | undefined;
}

/** SQL alone is about the latest run: it has a space, which no name of a run that is there has. */
async function askedFor(first: string, second: string | undefined, { file, parquet }: QueryOptions): Promise<Asked> {
  const alone = second === undefined && (first === '-' || (!existsSync(first) && /\s|;/.test(first)));
  const run = alone ? 'latest' : first;
  const given = alone ? first : second;
  if (given !== undefined && file !== undefined)
    throw usage('SQL is given twice: in --file and beside it', 'leave one out');
  const sql = file !== undefined ? readSql(file) : given === '-' ? await text(process.stdin) : given;
  if (sql !== undefined && parquet !== undefined) {
    throw usage('--parquet writes the tables as they are, and no answer', 'leave the SQL out, or use --format csv');
  }
  return { run, sql };
}

function readSql(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ToolError(`cannot read ${file}: ${messageOf(cause)}`, {
      code: 'no-such-file',
      hint: '--file FILE, or SQL',
      cause,
    });
  }
}

async function answer(
  database: RunDatabase,
  sql: string,
  terminal: Terminal,
  { format, json, limit }: QueryOptions,
  until: ReturnType<typeof endings>,
): Promise<void> {
  const write = formats[json === true ? 'json' : (format ?? 'table')];
  const most = limit ?? (write === formats.table ? usualRows : undefined);
  for await (const lines of write(await database.ask(sql), { limit: most, columns: terminal.tableColumns })) {
    terminal.result(lines);
    await Promise.race([terminal.flushed(), until.ended]);
    if (until.ending !== undefined) return;
  }
}

async function writeTables(database: RunDatabase, folder: RunFolder, into: string, terminal: Terminal): Promise<void> {
  makeFolder(into, '--parquet');
  const written: string[] = [];
  try {
    for (const table of database.tables) {
      // a run that nobody audited has none
      if (table.name === 'findings' && !existsSync(folder.findings)) continue;
      written.push(table.name);
      const rows = await database.writeParquet(table, into);
      terminal.result(`${shownPath(into)}/${table.name}.parquet  ${counted(rows, 'row')}`);
    }
  } catch (error) {
    // a part of the tables would be taken for all of them
    for (const name of written) rmSync(`${into}/${name}.parquet`, { force: true });
    throw error;
  }
}

function tell(tables: readonly Table[], folder: RunFolder, terminal: Terminal, { json, format }: QueryOptions): void {
  if (json === true || format === 'json') {
    const listed = tables.map(({ name, about, columns }) => ({
      name,
      about,
      columns: columns.map((column) => ({ name: column.name, type: column.type, about: column.about })),
    }));
    return terminal.result(JSON.stringify({ tables: listed }, undefined, 2));
  }
  const { columns: width, paint } = terminal;
  const blocks = tables.map(({ name, about, columns }) => {
    const head = Math.max(...columns.map((column) => column.name.length));
    const types = Math.max(...columns.map((column) => column.type.length));
    const lines = columns.flatMap((column) => {
      const start = `  ${column.name.padEnd(head)}  ${column.type.padEnd(types)}  `;
      const [line = '', ...more] = wrap(column.about, start.length, width);
      return [start + line.slice(start.length), ...more];
    });
    return [`${paint.bold(name)}  ${about}`, ...lines].join('\n');
  });
  terminal.result([...blocks, asCalled(samples(shownPath(folder.path)))].join('\n\n'));
}

function samples(run: string): string {
  return `Try:
  mqchaos query ${run} "SELECT outcome, error, count(*) FROM sends GROUP BY ALL ORDER BY 3 DESC"
  mqchaos query ${run} "SELECT floor(acked_at_s) AS second, count(*) FROM messages WHERE outcome = 'acked' GROUP BY 1 ORDER BY 1"
  mqchaos query ${run} "SELECT fault, action, injected_at_s, healed_at_s FROM faults"
  more: docs/query.md`;
}

function parseFormat(given: string): FormatName {
  if (Object.hasOwn(formats, given)) return given as FormatName;
  throw usage(`--format: there is no format '${given}'`, `one of ${Object.keys(formats).join(', ')}`);
}

function parseLimit(given: string): number {
  if (/^\d{1,9}$/.test(given) && Number(given) > 0) return Number(given);
  throw usage(`--limit: expected a whole number from 1 on, got '${given}'`, 'how many rows are written at most');
}

function usage(message: string, hint: string): ToolError {
  return new ToolError(message, { code: 'usage', hint });
}
