/** Values of DuckDB as text and as JSON. */
import type { DuckDBValue } from '@duckdb/node-api';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** For people and CSV; undefined: null. */
export function textOf(value: DuckDBValue): string | undefined {
  return value === null ? undefined : String(value);
}

/**
 * Whole numbers that JSON's readers would round are strings; so is what JSON has no word for, as DuckDB writes it, but for
 * NaN and infinities, which are null.
 */
export function jsonOf(value: DuckDBValue): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return BigInt.asIntN(54, value) === value ? Number(value) : String(value);
    default:
      return value === null ? null : jsonOfObject(value);
  }
}

function jsonOfObject(value: object): Json {
  if ('items' in value && Array.isArray(value.items)) return value.items.map(jsonOf);
  if ('entries' in value && !Array.isArray(value.entries)) {
    const entries = Object.entries(value.entries as Record<string, DuckDBValue>);
    return Object.fromEntries(entries.map(([key, each]) => [key, jsonOf(each)]));
  }
  const text = String(value);
  // what DECIMAL holds is a number
  return /^-?\d{1,15}(\.\d+)?$/.test(text) && 'scale' in value ? Number(text) : text;
}
