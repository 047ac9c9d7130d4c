/**
 * Where the fields of records are in somebody's own lines: `id=order.id,time=at(ms),outcome=status(ok:acked,err:unknown),
 * group==billing`. Read once, and made into functions.
 */
import { messageOf, ToolError } from '../../../errors.ts';
import type { Side } from '../record.ts';
import {
  type FieldMap,
  type FieldName,
  type Fields,
  fieldsOf,
  type Look,
  type TimeUnit,
  timeIn,
  timeUnits,
} from './fields.ts';

/** The fields that one side may have; those of the other sides are looked over. */
export function fieldMap(text: string, side: Side): FieldMap {
  return fieldMapOf(assignments(text, ',', '--map'), side);
}

/** The same from names and values, as a file has them. */
export function fieldMapOf(pairs: readonly (readonly [string, string])[], side: Side): FieldMap {
  const map: Partial<Record<FieldName, Look>> = {};
  for (const [name, value] of pairs) {
    if (!allFields.has(name)) throw refuse(`--map has no field '${name}'`, `fields: ${[...allFields].join(', ')}`);
    if (!(fieldsOf[side] as readonly string[]).includes(name)) continue;
    map[name as FieldName] = look(name as FieldName, value);
  }
  if (map.id === undefined) throw refuse(`--map does not say where the id is`, 'id=order.id, say');
  if (side === 'sent' && map.outcome === undefined) {
    throw refuse(
      '--map does not say what became of a send',
      'outcome=status(ok:acked,error:unknown), say; of a log of acknowledgements alone: outcome==acked with --acks-only',
    );
  }
  return map;
}

/** Conditions that must all hold: `event=sent`, `level!=debug`, `order.id` (is there). */
export function condition(text: string): (fields: Fields) => boolean {
  const tests = pieces(text, ',', '--where').map((piece) => {
    const [, path = '', sign, wanted = ''] = /^(.*?)(?:(!?=)(.*))?$/s.exec(piece) ?? [];
    const find = pathLook(path, '--where');
    if (sign === undefined) return (fields: Fields) => (find(fields) ?? null) !== null;
    const value = unquoted(wanted);
    return (fields: Fields) => (textOf(find(fields)) === value) === (sign === '=');
  });
  return (fields) => tests.every((test) => test(fields));
}

const allFields: ReadonlySet<string> = new Set(Object.values(fieldsOf).flat());

/** `at(ms)`, `status(ok:acked)`, `=constant`, or a path alone. */
function look(name: FieldName, value: string): Look {
  if (value.startsWith('=')) {
    const constant = unquoted(value.slice(1));
    return () => constant;
  }
  const [, path = '', inner] = /^(.*?)(?:\((.*)\))?$/s.exec(value) ?? [];
  const find = pathLook(path, '--map');
  return Object.assign(meaning(name, value, path, find, inner), { at: { path, find } });
}

/** What a value means that was found. */
function meaning(name: FieldName, value: string, path: string, find: Look, inner: string | undefined): Look {
  // a function of its own: that of the path is asked whether there is anything at all
  if (inner === undefined) return (fields) => find(fields);
  if (name === 'time') {
    if (!Object.hasOwn(timeUnits, inner)) {
      throw refuse(`--map time=${value}: '${inner}' is no unit of time`, `units: ${Object.keys(timeUnits).join(', ')}`);
    }
    return (fields) => timeIn(find(fields), inner as TimeUnit);
  }
  return chosen(name, path, find, inner);
}

/** `ok:acked,err:unknown,*:unknown`: the value on the left means the one on the right. */
function chosen(name: FieldName, path: string, find: Look, inner: string): Look {
  const values = new Map<string, string>();
  for (const piece of pieces(inner, ',', '--map')) {
    const [, from, to] = /^("(?:[^"])*"|[^:]*):(.*)$/s.exec(piece) ?? [];
    if (from === undefined || to === undefined) {
      throw refuse(`--map ${name}=${path}(${inner}): '${piece}' is no pair`, `${path}(ok:acked,error:unknown), say`);
    }
    values.set(unquoted(from), unquoted(to));
  }
  const other = values.get('*');
  return (fields) => {
    const value = textOf(find(fields));
    const meant = values.get(value) ?? other;
    if (meant === undefined)
      throw new Error(`${path} is '${value}', of which --map ${name} does not say what it means`);
    return meant;
  };
}

/** Steps by dots; into lists by number; into a text that is JSON itself. A step with dots stands in double quotes. */
export function pathLook(path: string, option: string): Look {
  const steps = pieces(path, '.', option).map(unquoted);
  if (steps.some((step) => step === '')) throw refuse(`${option}: '${path}' is no path`, 'order.id, say');
  const [first = '', ...rest] = steps;
  if (rest.length === 0) return (fields) => own(fields, first);
  return (fields) => rest.reduce<unknown>((value, step) => own(inside(value), step), own(fields, first));
}

function own(value: unknown, step: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, step) ? (value as Fields)[step] : undefined;
}

function inside(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function assignments(text: string, separator: string, option: string): [string, string][] {
  return pieces(text, separator, option).map((piece) => {
    const at = piece.indexOf('=');
    if (at <= 0) throw refuse(`${option}: '${piece}' assigns nothing`, 'id=order.id,partition=meta.partition, say');
    return [piece.slice(0, at).trim(), piece.slice(at + 1).trim()];
  });
}

/** Parts a text at a separator that is in no brackets and no double quotes. */
function pieces(text: string, separator: string, option: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (!quoted && char === '(') depth += 1;
    else if (!quoted && char === ')') depth -= 1;
    else if (!quoted && depth === 0 && char === separator) {
      found.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  if (quoted || depth !== 0) throw refuse(`${option}: '${text}' has a quote or a bracket without its other half`);
  return [...found, text.slice(from).trim()];
}

function unquoted(text: string): string {
  return /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text;
}

function refuse(message: string, hint?: string): ToolError {
  return new ToolError(message, { code: 'usage', hint });
}

export interface SideChoice {
  readonly format?: string | undefined;
  readonly map?: FieldMap | undefined;
  readonly where?: ((fields: Fields) => boolean) | undefined;
}

/**
 * What a YAML file says of a side: keys `format`, `where`, and fields as in `--map`; all of it may stand under `sent`,
 * `received` and `effects`, over what stands beside them.
 * @throws ToolError `map-file` (exit 2).
 */
export async function mapFile(path: string, text: string, side: Side): Promise<SideChoice> {
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new ToolError(`${path}: ${messageOf(cause)}`, { code: 'map-file', hint: 'it must be YAML', cause });
  }
  const { sent, received, effects, ...common } = section(document, path);
  const own = { sent, received, effects }[side];
  const { format, where, ...fields } = { ...common, ...(own === undefined ? {} : section(own, path)) };
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, plainText(value, name, path)]);
  return {
    format: format === undefined ? undefined : plainText(format, 'format', path),
    where: where === undefined ? undefined : condition(plainText(where, 'where', path)),
    map: pairs.length === 0 ? undefined : fieldMapOf(pairs, side),
  };
}

function section(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ToolError(`${path}: must be keys with values`, { code: 'map-file', hint: 'id: order.id, say' });
}

function plainText(value: unknown, name: string, path: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new ToolError(`${path}: ${name} must be a text`, { code: 'map-file', hint: `${name}: as in --map` });
}
