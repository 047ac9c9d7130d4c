/**
 * DuckDB, which who installs mqchaos has only if they want it: it is loaded when it is asked for, from beside mqchaos or from
 * the project that mqchaos is called in.
 */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exitCodes, messageOf, ToolError } from '../errors.ts';

export type DuckDB = typeof import('@duckdb/node-api');

const peer = '@duckdb/node-api';
const install = `npm install ${peer}`;
const writableByAll = 0o002;

/**
 * @param project the folder that mqchaos is called in.
 * @throws ToolError `duckdb-missing`, `duckdb-too-old`, `duckdb-unsafe`, `duckdb-broken` (exit 4), with the line that installs it.
 */
export async function loadDuckDB(project: string): Promise<DuckDB> {
  const found = resolveFrom(import.meta.url) ?? resolveInProject(project);
  if (found === undefined) {
    throw refusal(`${peer} is not installed: queries are answered by DuckDB`, 'duckdb-missing');
  }
  let duckdb: DuckDB;
  try {
    duckdb = (await import(pathToFileURL(found).href)) as DuckDB;
  } catch (cause) {
    throw refusal(`${peer} cannot be loaded from ${found}: ${messageOf(cause)}`, 'duckdb-broken', cause);
  }
  // what the journals hold is given to DuckDB as table functions, which earlier versions do not have
  if (duckdb.DuckDBTableFunction !== undefined) return duckdb;
  throw refusal(`${peer} in ${found} is too old: it has no table functions`, 'duckdb-too-old', undefined, '@latest');
}

/** A project is looked for in all folders above too, and what is found is run: nobody else may have put it there. */
function resolveInProject(project: string): string | undefined {
  const found = resolveFrom(join(project, 'package.json'));
  if (found === undefined) return undefined;
  const { uid, mode } = statSync(found);
  const owners = [0, process.getuid?.() ?? uid];
  if (owners.includes(uid) && (mode & writableByAll) === 0) return found;
  throw refusal(`${peer} is not loaded from ${found}: another user (uid ${uid}) may have written it`, 'duckdb-unsafe');
}

function resolveFrom(file: string): string | undefined {
  try {
    return createRequire(file).resolve(peer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw refusal(`${peer} cannot be loaded: ${messageOf(error)}`, 'duckdb-broken', error);
  }
}

function refusal(message: string, code: string, cause?: unknown, version = ''): ToolError {
  return new ToolError(message, { code, hint: `${install}${version}`, cause, exitCode: exitCodes.setup });
}
