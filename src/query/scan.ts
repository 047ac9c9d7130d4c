/**
 * What a run's files hold, as a table function of DuckDB: rows are read while the query asks for them, and of each row only
 * the fields that it needs. So nothing is loaded before, and memory does not grow with the run.
 */
import type { DuckDBConnection, DuckDBDataChunk, DuckDBType, DuckDBVector } from '@duckdb/node-api';
import type { DuckDB } from './peer.ts';

/**
 * A field of a row. Numbers and names are never null, because a null costs a hundred times as much as a number: -1 stands for
 * no number, '' for no name, and the table that shows them says so.
 */
export type Field<T> =
  | { readonly type: 'number' | 'uint32'; readonly of: (row: T) => number }
  /** `of`: which of the names. */
  | { readonly type: 'name'; readonly names: readonly string[]; readonly of: (row: T) => number }
  | { readonly type: 'text'; readonly of: (row: T) => string | undefined };

export interface Scan<T> {
  readonly name: string;
  readonly fields: Readonly<Record<string, Field<T>>>;
  /**
   * Called for each time that a query reads it; `wanted` are the fields that it needs. An object may be used again for the
   * next row.
   */
  readonly rows: (wanted: ReadonlySet<string>) => Iterable<T>;
  /** About how many there are, by which DuckDB chooses how to join. */
  readonly estimate: number;
}

interface Reading<T> {
  readonly rows: Iterator<T>;
  readonly fields: readonly Field<T>[];
}

/** Rows that a vector of DuckDB has room for. */
const vectorRows = 2048;

/** What queries read, and what went wrong there: DuckDB would tell it as an error in the SQL. */
export class Readings implements Disposable {
  readonly open = new Set<Iterator<unknown>>();
  failure: unknown;

  [Symbol.dispose](): void {
    for (const reading of this.open) reading.return?.();
  }
}

export function registerScan<T>(
  { DuckDBTableFunction, ...types }: DuckDB,
  connection: DuckDBConnection,
  { name, fields, rows, estimate }: Scan<T>,
  readings: Readings,
): void {
  const columns = Object.entries(fields);
  const typeOf = (field: Field<T>): DuckDBType => {
    switch (field.type) {
      case 'number':
        return types.DOUBLE;
      case 'uint32':
        return types.UINTEGER;
      case 'name':
        return types.ENUM(field.names);
      case 'text':
        return types.VARCHAR;
    }
  };
  const scan = DuckDBTableFunction.create({
    name,
    supportsProjectionPushdown: true,
    bindFunction: (bind) => {
      for (const [column, field] of columns) bind.addResultColumn(column, typeOf(field));
      bind.setCardinality(estimate, false);
    },
    initFunction: noting(readings, (init) => {
      const wanted = init.getColumnIndexes().flatMap((index) => columns.slice(index, index + 1));
      const iterator = rows(new Set(wanted.map(([column]) => column)))[Symbol.iterator]();
      readings.open.add(iterator);
      init.setInitData({ rows: iterator, fields: wanted.map(([, field]) => field) } satisfies Reading<T>);
    }),
    mainFunction: noting(readings, (info, chunk) => {
      const reading = info.initData as Reading<T>;
      chunk.rowCount = vectorRows;
      const count = fill(reading, chunk);
      chunk.rowCount = count;
      if (count === 0) readings.open.delete(reading.rows);
    }),
  });
  connection.registerTableFunction(scan);
}

function noting<A extends readonly unknown[]>(readings: Readings, call: (...of: A) => void): (...of: A) => void {
  return (...of) => {
    try {
      call(...of);
    } catch (error) {
      readings.failure = error;
      throw error;
    }
  };
}

/** A column of a chunk; `put` writes the row's value into it. */
interface Column<T> {
  readonly vector: DuckDBVector;
  readonly put: (row: T, at: number) => void;
}

function fill<T>({ rows, fields }: Reading<T>, chunk: DuckDBDataChunk): number {
  const columns = fields.map((field, index) => columnOf(field, chunk.getColumnVector(index)));
  let count = 0;
  while (count < vectorRows) {
    const next = rows.next();
    if (next.done === true) break;
    for (const { put } of columns) put(next.value, count);
    count += 1;
  }
  if (count > 0) for (const { vector } of columns) vector.flush();
  return count;
}

function columnOf<T>(field: Field<T>, vector: DuckDBVector): Column<T> {
  switch (field.type) {
    case 'number':
    case 'uint32': {
      const items = itemsOf(vector);
      const { of } = field;
      return {
        vector,
        put: (row, at) => {
          items[at] = of(row);
        },
      };
    }
    case 'name': {
      const items = itemsOf(vector);
      const { of, names } = field;
      const count = names.length;
      return {
        vector,
        put: (row, at) => {
          const name = of(row);
          // DuckDB takes it for an address
          if (!(name >= 0 && name < count)) throw new Error(`${name} is none of the names ${names.join(', ')}`);
          items[at] = name;
        },
      };
    }
    case 'text':
      return { vector, put: (row, at) => vector.setItem(at, field.of(row) ?? null) };
  }
}

/** Vectors of numbers and names keep them in a typed array. */
function itemsOf(vector: DuckDBVector): Float64Array | Uint32Array | Uint16Array | Uint8Array {
  return (vector as unknown as { readonly items: Float64Array }).items;
}
