/** usage: node audit.mjs FOLDER [--index]   the audit of FOLDER/journal with its findings, with or without indexes */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { auditRun } from '../../dist/audit/audit.js';
import { indexWatcher } from '../../dist/journal/lookup/index-file.js';
import { FindingsFile } from '../../dist/run/folder/findings-file.js';

const [folder, how] = process.argv.slice(2);
const journals = readdirSync(join(folder, 'journal')).filter((name) => name.endsWith('.journal'));
const file = new FindingsFile(join(folder, 'findings.ndjson'));
await auditRun({
  journals: journals.map((name) => join(folder, 'journal', name)),
  expectation: { limits: {} },
  onLines: (bytes) => file.write(bytes),
  ...(how === '--index' ? { watch: indexWatcher() } : {}),
});
file.keep();
file[Symbol.dispose]();
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ cpuSeconds: (user + system) / 1e6 }));
