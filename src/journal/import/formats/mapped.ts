/** Formats whose lines are objects with names: JSON and CSV of anybody, and tools whose objects are always the same. */
import { ToolError } from '../../../errors.ts';
import type { RecordOf, Side } from '../record.ts';
import { effectReader, type FieldMap, type Fields, type Look, receivedReader, sentReader } from './fields.ts';
import type { AbsentField, Opening, Reader, ReaderOptions } from './format.ts';

/**
 * The object of a line; undefined where there is none in it, `heading` where the line only says how to read others.
 * @throws Error.
 */
export type ObjectOf = (line: string) => Fields | 'heading' | undefined;

const readers = { sent: sentReader, received: receivedReader, effects: effectReader } as const;

/**
 * @param open gives the reader of one file's objects.
 * @param numbers whether an id may be a number.
 * @param usual where the fields are if the caller does not say; a map of the caller's replaces single fields of it.
 */
export function mapped<S extends Side>(
  side: S,
  open: () => ObjectOf,
  usual: FieldMap = {},
  numbers = true,
): Opening<S> {
  return ({ map, where }: ReaderOptions) => {
    if (map === undefined && usual.id === undefined) {
      throw new ToolError(`it is not said where the fields of the ${side} file are`, {
        code: 'usage',
        hint: `--${side}-map id=order.id,${side === 'sent' ? 'outcome=status(ok:acked,error:unknown),' : ''}partition=meta.partition`,
      });
    }
    const read = readers[side]({ ...usual, ...map }, numbers) as (fields: Fields) => RecordOf[S];
    const awaited = new Awaited(map ?? {});
    const opener = () => reader(open(), (fields) => read(awaited.see(fields)), where);
    return Object.assign(opener, { absent: () => awaited.left });
  };
}

/** Fields that a log need not have on any line, although its map names them. */
const rare: ReadonlySet<string> = new Set(['redelivered', 'attempt', 'count']);

/** Fields of a map that no line had so far: one that is misspelt would take its proof out of every verdict. */
class Awaited {
  readonly #looks: Map<string, NonNullable<Look['at']>>;
  #names: readonly string[] | undefined;

  constructor(map: FieldMap) {
    const named = Object.entries(map).flatMap(([name, look]) =>
      look.at === undefined ? [] : [[name, look.at] as const],
    );
    this.#looks = new Map(named.filter(([name]) => !rare.has(name)));
  }

  see(fields: Fields): Fields {
    this.#names ??= Object.keys(fields);
    for (const [name, { find }] of this.#looks) if ((find(fields) ?? null) !== null) this.#looks.delete(name);
    return fields;
  }

  get left(): AbsentField[] {
    return [...this.#looks].map(([field, { path }]) => ({ field, path, names: this.#names ?? [] }));
  }
}

function reader<T>(objectOf: ObjectOf, read: (fields: Fields) => T, where: ReaderOptions['where']): Reader<T> {
  return {
    line(text, emit) {
      const fields = objectOf(text);
      if (fields === undefined) {
        // with a filter the caller says that there are other lines
        if (where !== undefined) return 'prose';
        throw new Error('no JSON object in it');
      }
      if (fields === 'heading') return 'other';
      if (where !== undefined && !where(fields)) return 'other';
      emit(read(fields));
      return undefined;
    },
  };
}
