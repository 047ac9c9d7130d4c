/**
 * A file that says how a database of the user's own is asked for effects: YAML, or SQL whose first comments say the rest.
 * It holds no secret: the URL is in an environment variable.
 */
import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { messageOf, ToolError } from '../../errors.ts';
import { didYouMean } from '../../suggest.ts';

export interface QueryFile {
  readonly path: string;
  /** `${NAME}`. */
  readonly url?: string;
  /** An SQLite database. */
  readonly file?: string;
  /** Consumer group of all rows. */
  readonly group?: string;
  readonly sql: string;
  /** Line of the file on which the query begins. */
  readonly line: number;
}

const keys = ['url', 'file', 'query', 'group'] as const;
type Key = (typeof keys)[number];
type Written = Partial<Record<Key, { readonly text: string; readonly line: number }>>;

/** @throws ToolError `unreadable`, `query-file` (exit 2), with the line. */
export function readQueryFile(path: string): QueryFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const hint = 'check the path, and that the file may be read';
    throw new ToolError(`${path}: ${messageOf(cause)}`, { code: 'unreadable', hint, cause });
  }
  const written = /\.ya?ml$/.test(path) ? ofYaml(path, text) : ofSql(path, text);
  const { url, file, query, group } = written;
  if (query === undefined) throw wrong(path, 1, 'it holds no query', example);
  if ((url === undefined) === (file === undefined)) {
    const what = url === undefined ? 'it does not say where the database is' : 'url and file exclude each other';
    throw wrong(path, url?.line ?? query.line, what, `url: \${NAME} of a server, or file: NAME of an SQLite database`);
  }
  return {
    ...{ path, line: query.line, sql: oneStatement(path, query.text, query.line) },
    ...(url === undefined ? {} : { url: url.text }),
    ...(file === undefined ? {} : { file: file.text }),
    ...(group === undefined ? {} : { group: group.text }),
  };
}

const example = 'select order_id as id, count(*) as count from bookings group by order_id';

function ofYaml(path: string, text: string): Written {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const [broken] = document.errors;
  if (broken !== undefined)
    throw wrong(path, counter.linePos(broken.pos[0]).line, broken.message.split('\n')[0] ?? '', example);
  const { contents } = document;
  if (!isMap(contents)) throw wrong(path, 1, 'expected keys with values', `url: \${NAME}, and query: ${example}`);
  return Object.fromEntries(
    contents.items.map(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : '';
      const lineOf = (node: unknown): number => counter.linePos(isScalar(node) ? (node.range?.[0] ?? 0) : 0).line;
      if (!isKey(name)) throw unknownKey(path, lineOf(key), name);
      if (!isScalar(value) || typeof value.value !== 'string')
        throw wrong(path, lineOf(key), `${name} must be a text`, example);
      const block = value.type === 'BLOCK_LITERAL' || value.type === 'BLOCK_FOLDED';
      return [name, { text: value.value, line: lineOf(value) + (block ? 1 : 0) }];
    }),
  );
}

/** `-- url: ${NAME}` before the query. */
function ofSql(path: string, text: string): Written {
  const written: Written = {};
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  let at = 0;
  for (; at < lines.length; at += 1) {
    const line = lines[at]?.trim() ?? '';
    const [, name, value] = /^--\s*(\w+)\s*:\s*(\S.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && name !== 'query') {
      if (!isKey(name)) throw unknownKey(path, at + 1, name);
      written[name] = { text: value, line: at + 1 };
    } else if (line !== '' && !line.startsWith('--')) break;
  }
  const query = lines.slice(at).join('\n');
  return query.trim() === '' ? written : { ...written, query: { text: query, line: at + 1 } };
}

function isKey(name: string): name is Key {
  return (keys as readonly string[]).includes(name);
}

function unknownKey(path: string, line: number, name: string): ToolError {
  return wrong(path, line, `there is no key '${name}'${didYouMean(name, keys)}`, `keys: ${keys.join(', ')}`);
}

/** Strings, names and comments, or one other character. */
const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|[\s\S]/g;
const reading = /^(select|with|values|table|\()/i;

/** Without what ends it. What only reads begins so; the transaction sees to it that it does. @throws ToolError. */
function oneStatement(path: string, sql: string, line: number): string {
  let end = sql.length;
  for (const { 0: part, index } of sql.matchAll(token)) {
    const blank = part.trim() === '' || part.startsWith('--') || part.startsWith('/*');
    if (part === ';') end = Math.min(end, index);
    else if (end < sql.length && !blank) {
      const at = line + sql.slice(0, index).split('\n').length - 1;
      throw wrong(path, at, 'a second statement begins here', 'one query, whose rows are the effects');
    }
  }
  const own = sql.slice(0, end);
  const bare = own.replace(/^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, '');
  if (!reading.test(bare))
    throw wrong(path, line, `it begins with '${bare.split(/\s/)[0]}', and must only read`, example);
  return own;
}

export function wrong(path: string, line: number, message: string, hint: string): ToolError {
  return new ToolError(`${path}:${line}: ${message}`, { code: 'query-file', hint });
}
