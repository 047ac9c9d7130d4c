/** Asks a database of the user's own what processing did: the rows of a query, checked one by one. Nothing is written. */
import { statSync } from 'node:fs';
import { exitCodes, ToolError } from '../../errors.ts';
import { readAccess, type StoreAccess } from '../access.ts';
import { stores } from '../registry.ts';
import { QueryRefused } from '../stores/reading.ts';
import type { Row, StoreType } from '../stores/store.ts';
import { type QueryFile, readQueryFile, wrong } from './query-file.ts';

/** What processing a message did, so many times. */
export interface AskedEffect {
  readonly id: string;
  readonly group?: string;
  readonly count: number;
}

/** Held to its file, and to the environment: nothing was asked yet. */
export interface EffectsQuery {
  /** Pages of effects. @throws ToolError: exit 2 with file and line for a query that cannot be, 4 for a database that is not there. */
  rows(): AsyncGenerator<readonly AskedEffect[]>;
}

/** @throws ToolError (exit 2) with the file and line, never with a URL. */
export function effectsQuery(path: string, env: Readonly<Record<string, string | undefined>>): EffectsQuery {
  const asked = readQueryFile(path);
  const { url, file } = asked;
  if (file !== undefined) {
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      throw wrong(path, 1, `there is no file ${file}`, 'paths are relative to the working directory');
    return { rows: () => rowsOf(asked, storeCalled('sqlite'), { file }) };
  }
  const access = readAccess(url ?? '', `${path}: url`, env);
  const store = storeOf(path, access);
  return { rows: () => rowsOf(asked, store, { access }) };
}

const askable = stores.filter(({ rows }) => rows !== undefined);

/** By the scheme of its URL, which is all of it that may be said. */
function storeOf(path: string, { url, from }: StoreAccess): StoreType {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const found = askable.find(({ schemes }) => schemes?.includes(scheme ?? ''));
  if (found !== undefined) return found;
  const schemes = askable.flatMap((store) => store.schemes ?? []);
  const what = scheme === undefined ? 'is not a URL' : `begins with ${scheme}:, which takes no query`;
  throw new ToolError(`${path}: the value of ${from} ${what}`, {
    code: 'store-url',
    hint: `${schemes.join('://…, ')}://…; else write the effects into a file: --effects FILE`,
  });
}

function storeCalled(name: string): StoreType {
  return askable.find((store) => store.name === name) as StoreType;
}

async function* rowsOf(
  asked: QueryFile,
  store: StoreType,
  where: { readonly access: StoreAccess } | { readonly file: string },
): AsyncGenerator<readonly AskedEffect[]> {
  let number = 0;
  try {
    for await (const page of store.rows?.({ ...where, sql: asked.sql }) ?? []) {
      yield page.map((row) => {
        number += 1;
        return effectOf(asked, row, number);
      });
    }
  } catch (error) {
    if (!(error instanceof QueryRefused)) throw error;
    const line = asked.line + (error.line ?? 1) - 1;
    throw new ToolError(`${asked.path}:${line}: ${error.message}`, {
      code: 'query-refused',
      hint: 'try the query in the shell of the database; it is carried out in a transaction that only reads',
      exitCode: exitCodes.usage,
    });
  }
}

const columns = ['id', 'group', 'count'];

/** @throws ToolError `effects-row` (exit 2). */
function effectOf({ path, line, group: ofAll }: QueryFile, row: Row, number: number): AskedEffect {
  const refuse = (what: string, hint: string): ToolError =>
    new ToolError(`${path}:${line}: row ${number} ${what}`, { code: 'effects-row', hint });
  const other = Object.keys(row).find((name) => !columns.includes(name));
  if (other !== undefined) {
    const names = 'id, and maybe count and group';
    throw refuse(`has a column '${other}'`, `the columns are ${names}: select … as id; leave out what is none of them`);
  }
  const id = textOf(row.id);
  if (id === undefined) {
    const what =
      row.id === undefined || row.id === null ? 'has no id' : 'has an id that is neither text nor whole number';
    throw refuse(what, 'the column id is the id of the message, as in the records: select order_id as id');
  }
  const count = row.count === undefined ? 1 : Number(row.count ?? Number.NaN);
  if (!Number.isSafeInteger(count) || count < 1 || count >= 2 ** 32 - 1)
    throw refuse(`has the count ${String(row.count)}`, 'how often the effect is there, at least 1: count(*) as count');
  const group = row.group === undefined || row.group === null ? ofAll : textOf(row.group);
  return { id, count, ...(group === undefined ? {} : { group }) };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}
