/** usage: node ours.mjs FOLDER   the audit itself, with every finding counted as a caller would write it */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditRun } from '../../dist/audit/audit.js';
import { answer } from './answer.mjs';

const folder = process.argv[2];
const journals = readdirSync(folder).filter((name) => name.endsWith('.journal'));
const lines = {};
const audit = await auditRun({
  journals: journals.map((name) => join(folder, name)),
  expectation: { limits: {} },
  onFinding: (finding) => {
    lines[finding.class] = (lines[finding.class] ?? 0) + 1;
  },
});
const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'));
answer('mqchaos', folder, Object.fromEntries(Object.keys(truth).map((key) => [key, audit.counts[key]])));
if (process.env.VERBOSE)
  process.stderr.write(`${JSON.stringify({ lines, verdict: audit.verdict, ack: audit.latency })}\n`);
