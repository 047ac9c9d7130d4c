// Copies what the HTML report is made of, which is no TypeScript, to where the built renderer looks for it.
import { cpSync, readdirSync } from 'node:fs';

const from = new URL('../src/report/html/page/', import.meta.url);
const to = new URL('../dist/report/html/page/', import.meta.url);
for (const name of readdirSync(from)) {
  if (name.endsWith('.js') || name.endsWith('.css')) cpSync(new URL(name, from), new URL(name, to));
}
