/** What of a record in a broker's log is the id that somebody's own records know its message by. */
import { isUtf8 } from 'node:buffer';
import { ToolError } from '../../errors.ts';
import { objectIn } from '../../journal/import/formats/json.ts';
import { pathLook } from '../../journal/import/formats/map.ts';
import type { IncomingMessage } from '../../products/driver.ts';

export interface RecordId {
  /** For sentences: `its key`. */
  readonly text: string;
  /** Undefined: the record has none. */
  of(message: IncomingMessage): string | undefined;
}

/**
 * @param written `key`, `value`, `header:NAME`, or `json:PATH` into a value that is a JSON object.
 * @throws ToolError `usage` (exit 2).
 */
export function recordId(written: string): RecordId {
  const [, kind, name] = /^(header|json):(.+)$/s.exec(written) ?? [];
  if (written === 'key') return { text: 'its key', of: ({ key }) => textOf(key) };
  if (written === 'value') return { text: 'its value', of: ({ value }) => textOf(value) };
  if (kind === 'header') return { text: `its header ${name}`, of: ({ headers }) => textOf(headers?.[name as string]) };
  if (kind === 'json') {
    const find = pathLook(name as string, '--cluster-id json');
    return {
      text: `${name} of its value`,
      of: ({ value }) => {
        const fields = objectIn(value.toString('utf8'));
        return fields === undefined ? undefined : leafText(find(fields));
      },
    };
  }
  throw new ToolError(`--cluster-id ${written}: nothing of a record is called so`, {
    code: 'usage',
    hint: 'key, value, header:NAME, or json:PATH into a value that is a JSON object',
  });
}

/** Counts, over records of which the id is known, what of them holds it. */
export class IdSearch {
  readonly #found = new Map<string, number>();
  #records = 0;

  see(message: IncomingMessage, id: string): void {
    this.#records += 1;
    for (const written of placesOf(message, id)) this.#found.set(written, (this.#found.get(written) ?? 0) + 1);
  }

  /** As an option would say it, with how often it was so; undefined: nothing holds it in most of them. */
  get best(): { readonly written: string; readonly count: number; readonly of: number } | undefined {
    const [first] = [...this.#found].sort(([, a], [, b]) => b - a);
    if (first === undefined || first[1] * 2 <= this.#records) return undefined;
    return { written: first[0], count: first[1], of: this.#records };
  }
}

const deepest = 4;

function* placesOf({ key, headers, value }: IncomingMessage, id: string): Generator<string> {
  if (textOf(key) === id) yield 'key';
  for (const [name, content] of Object.entries(headers ?? {})) if (textOf(content) === id) yield `header:${name}`;
  if (textOf(value) === id) yield 'value';
  yield* pathsOf(objectIn(value.toString('utf8')), id, '', deepest);
}

function* pathsOf(value: unknown, id: string, path: string, left: number): Generator<string> {
  if (typeof value !== 'object' || value === null || left === 0) return;
  for (const [name, inner] of Object.entries(value)) {
    const step = /[."(]/.test(name) ? `"${name}"` : name;
    const inside = path === '' ? step : `${path}.${step}`;
    if (leafText(inner) === id) yield `json:${inside}`;
    else yield* pathsOf(inner, id, inside, left - 1);
  }
}

/** As records with a map have their ids: a text, or a whole number. */
function leafText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function textOf(bytes: Buffer | undefined): string | undefined {
  return bytes !== undefined && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
