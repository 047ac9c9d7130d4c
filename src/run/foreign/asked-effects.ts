/** Effects that a database is asked for, as a file of records in the plain form: from there on they are as any others. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { EffectsQuery } from '../../effects/asked/query.ts';

/** Returns the file's path; it is called as the query's, which names it in sentences. */
export async function writeEffects(query: EffectsQuery, path: string, folder: string): Promise<string> {
  const file = join(folder, basename(path));
  const fd = openSync(file, 'wx', 0o600);
  try {
    for await (const page of query.rows()) writeSync(fd, page.map((effect) => `${JSON.stringify(effect)}\n`).join(''));
  } finally {
    closeSync(fd);
  }
  return file;
}
