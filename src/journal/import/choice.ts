/** Which format a file of records is read in, and how: by the caller's word, or by a YAML file of theirs. */
import { readFileSync } from 'node:fs';
import { ToolError } from '../../errors.ts';
import type { Format, Opener, Opening } from './formats/format.ts';
import { condition, fieldMap, mapFile, type SideChoice } from './formats/map.ts';
import { formats } from './formats/registry.ts';
import { unreadable } from './lines.ts';
import type { RecordOf, Side } from './record.ts';

/** The files of one side, all of one form. */
export interface ForeignFiles {
  /** Paths, or `-` for stdin; compressed by gzip or not. */
  readonly files: readonly string[];
  /** A name of the registry's; by default the plain form, and `json` with a map. */
  readonly format?: string | undefined;
  /** `id=order.id,…`, or the path of a YAML file (docs/own-records.md). */
  readonly map?: string | undefined;
  /** `event=sent,…`: other lines are about something else. */
  readonly where?: string | undefined;
}

/** A path alone is a file of the plain form. */
export function filesOf(side: ForeignFiles | string): ForeignFiles {
  return typeof side === 'string' ? { files: [side] } : side;
}

export interface Chosen<S extends Side> {
  readonly side: S;
  readonly format: Format;
  /** The caller says which lines are about messages. */
  readonly filtered: boolean;
  readonly open: Opener<RecordOf[S]>;
}

/** @throws ToolError `usage`, `map-file` or `unreadable` (exit 2). */
export async function choose<S extends Side>(side: S, { format, map, where }: ForeignFiles): Promise<Chosen<S>> {
  const word = await worded(side, map);
  const name = format ?? word.format;
  const fields = word.map;
  const filter = where === undefined ? word.where : condition(where);
  const chosen = name === undefined ? formatOf(fields === undefined ? 'mqchaos' : 'json') : formatOf(name);
  const opening = chosen[side] as Opening<S> | undefined;
  if (opening === undefined) {
    throw new ToolError(`--${side}-format ${chosen.name}: ${chosen.lacks?.[side] ?? `it has no ${side} side`}`, {
      code: 'usage',
      hint: `formats: ${formats.flatMap((each) => (each[side] === undefined ? [] : [each.name])).join(', ')}`,
    });
  }
  if (chosen.fixed === true && (fields !== undefined || filter !== undefined)) {
    throw new ToolError(`the format ${chosen.name} says itself where its fields are`, {
      code: 'usage',
      hint: 'leave out --map and --where, or read it as --format json',
    });
  }
  const options = {
    ...(fields === undefined ? {} : { map: fields }),
    ...(filter === undefined ? {} : { where: filter }),
  };
  return { side, format: chosen, filtered: filter !== undefined, open: opening(options) };
}

async function worded(side: Side, map: string | undefined): Promise<SideChoice> {
  if (map === undefined) return {};
  if (!/\.ya?ml$/.test(map)) return { map: fieldMap(map, side) };
  let text: string;
  try {
    text = readFileSync(map, 'utf8');
  } catch (cause) {
    throw unreadable(map, cause);
  }
  return mapFile(map, text, side);
}

function formatOf(name: string): Format {
  const found = formats.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new ToolError(`there is no format '${name}'`, {
    code: 'usage',
    hint: `formats: ${formats.map((each) => each.name).join(', ')}`,
  });
}

/** What a line looks like that the chosen format does not take, as options that would; undefined where like nothing. */
export function advice(side: Side, chosen: Format, line: string): string | undefined {
  for (const format of formats) {
    const sides = format.looksLike(line);
    if (sides.length === 0) continue;
    if (format === chosen && sides.includes(side)) return undefined;
    if (format === chosen) return `it looks like what belongs into --${sides.join(' or --')}`;
    if (!sides.includes(side)) return `it looks like --${sides[0]} in the format ${format.name}`;
    if (format.name === 'json') return `for JSON of your own say where its fields are: --${side}-map id=…, or --map`;
    return `it looks like --${side}-format ${format.name}`;
  }
  return undefined;
}
