/**
 * usage: node bench.mjs [MESSAGES=5000000] [ROUNDS=3] [FOLDER]
 * Somebody's own JSON logs of a known truth, read and judged by the audit (with and without the order), and by what people
 * write by hand. Two lines a message. In turn, on one core; a ratio is of neighbours. Exit 1 unless all answers are true.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [count = '5000000', rounds = '3', given] = process.argv.slice(2);
const folder = given ?? mkdtempSync(join(tmpdir(), 'mqchaos-bench-'));
const here = fileURLToPath(new URL('.', import.meta.url));
const node = (script, args, options = []) =>
  execFileSync('taskset', ['-c', '0', process.execPath, ...options, join(here, script), ...args], { encoding: 'utf8' });
if (!existsSync(join(folder, 'truth.json'))) node('generate.mjs', [folder, count]);
const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'));
let wrong = false;
const run = (engine, script, args, options) => {
  const answer = JSON.parse(node(script, [folder, ...args], options));
  const right = ['lost', 'duplicates', 'unknown'].every((key) => answer[key] === truth[key]);
  wrong ||= !right;
  process.stdout.write(`${engine.padEnd(8)} ${JSON.stringify(answer)} ${right ? 'true' : 'NOT THE TRUTH'}\n`);
  return answer;
};
const ratios = [];
for (let at = 0; at < Number(rounds); at += 1) {
  const ours = run('mqchaos', 'ours.mjs', []);
  run('ordered', 'ours.mjs', ['--order']);
  const naive = run('naive', 'naive.mjs', [], ['--max-old-space-size=12000']);
  ratios.push({ cpu: naive.cpuSeconds / ours.cpuSeconds, rss: naive.maxRssMb / ours.maxRssMb });
}
const of = (key) =>
  ratios
    .map((each) => each[key].toFixed(2))
    .sort()
    .join(', ');
process.stdout.write(`by hand: ${of('cpu')} × our CPU, ${of('rss')} × our memory\n`);
if (given === undefined) rmSync(folder, { recursive: true });
process.exitCode = wrong ? 1 : 0;
