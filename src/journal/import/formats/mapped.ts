/** Formats whose lines are objects with names: JSON and CSV of anybody, and tools whose objects are always the same. */
import { ToolError } from '../../../errors.ts';
import type { RecordOf, Side } from '../record.ts';
import { effectReader, type FieldMap, type Fields, receivedReader, sentReader } from './fields.ts';
import type { Opening, Reader, ReaderOptions } from './format.ts';

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
    return () => reader(open(), read, where);
  };
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
