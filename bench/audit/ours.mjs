/** usage: node ours.mjs FOLDER   the audit itself, with its findings.ndjson as the tool writes it */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditRun } from '../../dist/audit/audit.js';
import { FindingsFile } from '../../dist/run/folder/findings-file.js';
import { answer } from './answer.mjs';

const folder = process.argv[2];
const journals = readdirSync(folder).filter((name) => name.endsWith('.journal'));
const file = new FindingsFile(join(folder, 'findings.ndjson'));
const audit = await auditRun({
  journals: journals.map((name) => join(folder, name)),
  expectation: { limits: {} },
  onLines: (bytes) => file.write(bytes),
});
file.keep();
file[Symbol.dispose]();
const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'));
answer('mqchaos', folder, Object.fromEntries(Object.keys(truth).map((key) => [key, audit.counts[key]])));
if (process.env.VERBOSE) process.stderr.write(`${JSON.stringify({ verdict: audit.verdict, ack: audit.latency })}\n`);
