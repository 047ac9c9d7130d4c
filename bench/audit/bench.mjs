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
const rounds = 5;
const runs = [];
const outputs = { 'ours.mjs': 'findings.ndjson', 'duckdb.mjs': 'duckdb.csv', 'naive.mjs': 'naive.csv' };
const run = (script, args, options) => {
  rmSync(join(folder, outputs[script]), { force: true }); // to free what another run wrote is not this one's work
  const line = JSON.parse(node(script, args, options));
  process.stdout.write(`${JSON.stringify(line)}  (${busy()})\n`);
  runs.push(line);
  return line;
};
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const ours = () => run('ours.mjs', [folder]);

/** In turn, so that whatever else the machine does falls on both: the ratio is of neighbours. */
const compare = (times, other) => {
  const pairs = [];
  for (let at = 0; at < times; at += 1) {
    const own = ours();
    pairs.push([own, other()]);
  }
  const ratios = pairs.map(([own, its]) => its.cpuSeconds / own.cpuSeconds);
  const cpu = (which) => median(pairs.map((pair) => pair[which].cpuSeconds)).toFixed(2);
  process.stdout.write(
    `${pairs[0][1].engine}: ${median(ratios).toFixed(1)} × our CPU (${Math.min(...ratios).toFixed(1)} to ` +
      `${Math.max(...ratios).toFixed(1)}; medians ${cpu(1)} s, ours ${cpu(0)} s)\n`,
  );
};
ours(); // what is read once is in the page cache from now on
compare(rounds, () => run('duckdb.mjs', [folder, 'audit']));
const naive = !process.argv.includes('--no-naive');
if (naive) compare(1, () => run('naive.mjs', [folder], ['--max-old-space-size=12000']));
process.stdout.write(
  `peak RSS: ours ${Math.max(...runs.filter((each) => each.engine === 'mqchaos').map((each) => each.rssMB))} MB\n`,
);
const findings = findingsOf(folder);
const wrong = differences(findings, linesOf(folder, 'duckdb.csv'), ['reordered']);
if (naive) wrong.push(...differences(findings, linesOf(folder, 'naive.csv')));
const lines = [...findings.values()].reduce((sum, each) => sum + each.length, 0);
process.stdout.write(`${lines} lines; ${wrong.length === 0 ? 'all the same' : `not the same: ${wrong.join(', ')}`}\n`);
process.exitCode = runs.every((run) => run.equal) && wrong.length === 0 ? 0 : 1;
if (given === undefined) rmSync(folder, { recursive: true, force: true });
