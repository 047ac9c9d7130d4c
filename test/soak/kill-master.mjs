#!/usr/bin/env node
/**
 * Many runs of one profile, one seed after another, each judged anew here: nothing lost, skipped, phantom or
 * contradicted, sums add up, exit code 0. One line of results.ndjson a run: called again with the same --out it goes on
 * where it was. The folder of a run that was not clean is kept.
 *
 *   node test/soak/kill-master.mjs --runs 50 --out DIR [--from 1] [--profile quick] [--set producers.messages=8000] …
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execute, parse, Results } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '50' },
    from: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'quick' },
    set: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'soak' },
    'bound-seconds': { type: 'string', default: '180' },
  },
});

const out = resolve(options.out);
const boundMs = Number(options['bound-seconds']) * 1000;
const harms = ['lost', 'rolledBack', 'skipped', 'unseen', 'pending', 'contradicted', 'phantom', 'corrupt', 'misrouted'];
const first = Number(options.from);
const seeds = Array.from({ length: Number(options.runs) }, (_, index) => first + index);

mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = new Map(kept.read().map((result) => [result.seed, result]));
console.log(
  'seed  exit      s  attempted   acked  unknown  recovered  dup.stored  dup.delivered  recovery ms  problems',
);
for (const seed of seeds) {
  const known = results.get(seed);
  const result = known ?? (await soak(seed));
  results.set(seed, result);
  if (known === undefined) kept.add(result);
  console.log(row(result));
}
summarize(seeds.map((seed) => results.get(seed)));

async function soak(seed) {
  const folder = join(out, `run-${seed}`);
  rmSync(folder, { recursive: true, force: true }); // of a soak that was ended in the middle of it
  const sets = options.set.flatMap((set) => ['--set', set]);
  const started = performance.now();
  const args = ['run', options.profile, '--seed', String(seed), '--out', folder, '--json', ...sets];
  const { code, stdout, stderr } = await execute(args, out, boundMs);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const record = parse(stdout);
  const problems = record === undefined ? [`no record: ${stderr.slice(-400)}`] : problemsOf(record);
  if (code !== 0) problems.push(`exit ${code}: ${(record?.verdict.reasons ?? []).join('; ')}`);
  if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
  const recoveryMs = Math.max(0, ...(record?.faults ?? []).map((fault) => Math.round(fault.recoveryMs ?? 0)));
  return { seed, code, seconds, counts: record?.counts ?? {}, recoveryMs, problems };
}

function problemsOf({ counts, faults, verdict }) {
  const found = harms.filter((name) => counts[name] !== 0).map((name) => `${name} ${counts[name]}`);
  const settled = counts.acked + counts.degraded + counts.rejected + counts.unknown;
  const acked = counts.ackedDelivered + counts.lost + counts.skipped + counts.unseen;
  const others =
    counts.degradedDelivered +
    counts.degradedLost +
    counts.recovered +
    counts.contradicted +
    counts.undelivered +
    counts.pending;
  if (settled !== counts.attempted) found.push(`attempted ${counts.attempted} is not ${settled}`);
  if (acked !== counts.acked) found.push(`acked ${counts.acked} is not ${acked}`);
  if (others !== counts.attempted - counts.acked)
    found.push(`not acked: ${counts.attempted - counts.acked} is not ${others}`);
  if (faults.some((fault) => fault.injected === null || fault.healed === null))
    found.push('a fault did not fire or heal');
  if (verdict.value !== 'pass') found.push(verdict.value);
  return found;
}

function row({ seed, code, seconds, counts, recoveryMs, problems }) {
  const { attempted, acked, unknown, recovered, duplicateStored, duplicateDelivered } = counts;
  const cells = [
    [seed, 4],
    [code, 5],
    [seconds.toFixed(1), 6],
    [attempted, 10],
    [acked, 7],
    [unknown, 8],
    [recovered, 10],
    [duplicateStored, 11],
    [duplicateDelivered, 14],
    [recoveryMs, 12],
  ];
  return `${cells.map(([value, width]) => String(value ?? '-').padStart(width)).join(' ')}  ${problems.join('; ') || '–'}`;
}

function summarize(all) {
  const sum = (of) => all.reduce((total, result) => total + (of(result) ?? 0), 0);
  const clean = all.filter(({ problems }) => problems.length === 0).length;
  const messages = sum(({ counts }) => counts.attempted);
  const [lost, skipped, phantom] = ['lost', 'skipped', 'phantom'].map((name) => sum(({ counts }) => counts[name]));
  const slowest = Math.max(...all.map(({ recoveryMs }) => recoveryMs));
  console.log(
    `${clean} of ${all.length} runs clean: ${messages} messages, ${sum(({ counts }) => counts.acked)} acked, ` +
      `lost ${lost}, skipped ${skipped}, phantom ${phantom}; longest recovery ${slowest} ms`,
  );
  process.exitCode = clean === all.length ? 0 : 1;
}
