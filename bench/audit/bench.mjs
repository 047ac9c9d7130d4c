/**
 * usage: node bench.mjs [MESSAGES=10000000] [FOLDER] [--no-naive]
 * Generates a history with a known truth and lets three engines judge it, one after another on this machine: the
 * audit, a Map-and-Set auditor over NDJSON, DuckDB over Parquet. Each counts, takes percentiles of both latencies, and
 * writes a line for each affected message with the fault that it names. Compares the lines, and the CPU seconds.
 * Conversions do not count.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { differences, findingsOf, linesOf } from './compare.mjs';

const [count = '10000000', given] = process.argv.slice(2).filter((each) => !each.startsWith('--'));
const folder = given ?? mkdtempSync(join(tmpdir(), 'mqchaos-bench-'));
const here = fileURLToPath(new URL('.', import.meta.url));
const node = (script, args, options = []) =>
  execFileSync(process.execPath, [...options, join(here, script), ...args], { encoding: 'utf8', maxBuffer: 1 << 24 });
const busy = () => {
  const [one] = readFileSync('/proc/loadavg', 'utf8').split(' ');
  return `load ${one} on ${cpus().length} CPUs`;
};

if (!existsSync(join(folder, 'truth.json'))) process.stdout.write(`truth   ${node('generate.mjs', [folder, count])}`);
if (!existsSync(join(folder, 'sends.parquet'))) {
  node('to-ndjson.mjs', [folder]);
  node('duckdb.mjs', [folder, 'export']);
}
const runs = [];
const time = (script, args, times, options) => {
  const own = [];
  for (let at = 0; at < times; at += 1) {
    const line = JSON.parse(node(script, args, options));
    process.stdout.write(`${JSON.stringify(line)}  (${busy()})\n`);
    own.push(line);
  }
  own.sort((a, b) => a.cpuSeconds - b.cpuSeconds);
  const median = own[own.length >> 1];
  runs.push(median);
  return median;
};
const ours = time('ours.mjs', [folder], 5);
const duck = time('duckdb.mjs', [folder, 'audit'], 3);
const naive = !process.argv.includes('--no-naive');
if (naive) time('naive.mjs', [folder], 1, ['--max-old-space-size=12000']);
time('ours.mjs', [folder], 3);
for (const run of runs.slice(1)) {
  process.stdout.write(
    `${run.engine}: ${(run.cpuSeconds / ours.cpuSeconds).toFixed(1)} × our CPU, ${(run.rssMB / ours.rssMB).toFixed(1)} × our memory\n`,
  );
}
process.stdout.write(
  `ours: ${ours.cpuSeconds} s CPU, ${ours.seconds} s, ${ours.rssMB} MB; DuckDB ${duck.cpuSeconds} s CPU\n`,
);
const findings = findingsOf(folder);
const wrong = differences(findings, linesOf(folder, 'duckdb.csv'), ['reordered']);
if (naive) wrong.push(...differences(findings, linesOf(folder, 'naive.csv')));
const lines = [...findings.values()].reduce((sum, each) => sum + each.length, 0);
process.stdout.write(`${lines} lines; ${wrong.length === 0 ? 'all the same' : `not the same: ${wrong.join(', ')}`}\n`);
process.exitCode = runs.every((run) => run.equal) && wrong.length === 0 ? 0 : 1;
if (given === undefined) rmSync(folder, { recursive: true, force: true });
