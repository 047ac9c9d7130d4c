/** A table as a query sees it: columns made of the fields of a scan, with null where a field stands for nothing. */
import type { Field, Scan } from '../scan.ts';

export interface Table {
  readonly name: string;
  /** What a row is. */
  readonly about: string;
  readonly columns: readonly Column[];
  /** What the columns are made of, as SQL behind FROM. */
  readonly from: string;
  /** Hands over the scan that `from` names; absent: it names other tables. */
  readonly scan?: (take: <T>(scan: Scan<T>) => void) => void;
}

export interface Column {
  readonly name: string;
  /** DuckDB's name of it. */
  readonly type: string;
  readonly about: string;
  /** An expression over fields. */
  readonly sql: string;
}

/** The scan of a table of its own. */
export function scanned<T>(
  table: Omit<Table, 'from' | 'scan'>,
  { fields, rows, estimate }: Omit<Scan<T>, 'name'>,
): Table {
  const name = `scan_${table.name}`;
  return { ...table, from: `${name}()`, scan: (take) => take({ name, fields, rows, estimate }) };
}

/** The statement that makes it. */
export function viewOf({ name, columns, from }: Table): string {
  const list = columns.map((column) => `(${column.sql})::${column.type} AS "${column.name}"`);
  return `CREATE VIEW "${name}" AS SELECT ${list.join(', ')} FROM ${from}`;
}

export function text(name: string, about: string, sql = `nullif(${name}::VARCHAR, '')`): Column {
  return { name, type: 'VARCHAR', about, sql };
}

/** A count or a number of something; -1 is none. */
export function whole(
  name: string,
  about: string,
  type: 'INTEGER' | 'BIGINT' | 'UINTEGER' = 'INTEGER',
  sql = name,
): Column {
  return { name, type, about, sql: `nullif(${sql}, -1)` };
}

export function flag(name: string, about: string, sql: string): Column {
  return { name, type: 'BOOLEAN', about, sql };
}

/** Several names, as `listed` gives them. */
export function texts(name: string, about: string): Column {
  const sql = `CASE WHEN ${name} = '' THEN [] ELSE string_split(${name}, chr(10)) END`;
  return { name, type: 'VARCHAR[]', about, sql };
}

/** A field for `texts`, a name a line: a list for DuckDB would have to be made item by item. */
export function listed<T>(of: (row: T) => readonly string[] | undefined): Field<T> {
  return { type: 'text', of: (row) => of(row)?.join('\n') };
}

/** A moment, as seconds and as nanoseconds; the field has nanoseconds, and -1 for none. */
export function moment(name: string, about: string, field = `${name}_ns`): Column[] {
  return [
    {
      name: `${name}_s`,
      type: 'DOUBLE',
      about: `${about}; seconds since the run began`,
      sql: `nullif(${field}, -1) / 1e9`,
    },
    { name: `${name}_ns`, type: 'BIGINT', about: 'the same, exact', sql: `nullif(${field}, -1)` },
  ];
}

/** Where a broker put a message. */
export const place: readonly Column[] = [
  whole('partition', 'partition, queue or stream'),
  whole('position', "the broker's own number there: an offset, a sequence", 'BIGINT'),
  whole('epoch', "epoch of the partition's leader; 254 stands for it and all above"),
];
