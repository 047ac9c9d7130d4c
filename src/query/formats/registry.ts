import { csv } from './csv.ts';
import type { Format } from './format.ts';
import { json, ndjson } from './json.ts';
import { table } from './table.ts';

export const formats = { table, csv, json, ndjson } as const satisfies Record<string, Format>;
export type FormatName = keyof typeof formats;
