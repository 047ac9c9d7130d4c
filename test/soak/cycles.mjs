#!/usr/bin/env node
/**
 * One master with `flush: sync`, killed and cut from its power again and again at random moments under an idempotent
 * load: nothing may be lost or stored twice. Prints the time from start to ready against the size of the log. One line of
 * results.ndjson a run: called again with the same --out it goes on where it was.
 *
 *   node test/soak/cycles.mjs --cycles 1000 --out DIR
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execute, parse, Results } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000' },
    'cycles-per-run': { type: 'string', default: '50' },
    out: { type: 'string', default: 'soak' },
  },
});

const cyclesPerRun = Number(options['cycles-per-run']);
const boundMs = 400_000;
const out = resolve(options.out);
/**
 * By acknowledgements, not by time: a client that is cut off for 5 s begins anew, as another producer whose repetitions
 * nobody recognizes, so that each end waits until some messages got through.
 */
const profileOf = (deed, seed) => `version: 1
name: cycles
question: Is anything lost or stored twice when a master is killed or loses its power again and again?
cluster: { broker: bundled, masters: 1, flush: sync }
# window 1: the client's idempotence does not hold with more
producers: { count: 6, send: sync, idempotent: true, payload: 4KiB, messages: ${400 * cyclesPerRun}, timeout: 2s, retries: 1000, retryDelay: 50ms }
consumers: { count: 1, start: after faults }
faults:
${moments(seed)
  .map((acked) => `  - { after: ${acked} acked, do: ${deed}, target: b1, for: 50ms }`)
  .join('\n')}
expect: { lost: 0, rolled-back: 0, skipped: 0, duplicate-stored: 0 }
limit: 6m
`;

/** Counts of acknowledged messages, 50 to 550 apart, the same for the same seed. */
function moments(seed) {
  let state = seed;
  let acked = 0;
  return Array.from({ length: cyclesPerRun }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    acked += 50 + (state % 501);
    return acked;
  });
}

const deeds = ['kill', 'power-loss, torn: true'];

mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = kept.read();
const done = new Set(results.map(({ seed }) => seed));
const queue = Array.from({ length: Math.ceil(Number(options.cycles) / cyclesPerRun) }, (_, index) => index + 1).filter(
  (seed) => !done.has(seed),
);
for (const seed of queue) {
  const result = await cycles(seed);
  results.push(result);
  kept.add(result);
  const { cycles: fired, acked, problems } = result;
  console.log(`seed ${seed}: ${fired} cycles, ${acked} acked, ${problems.join('; ') || 'nothing found'}`);
}
summarize();

async function cycles(seed) {
  const folder = join(out, `run-${seed}`);
  rmSync(folder, { recursive: true, force: true }); // of a soak that was ended in the middle of it
  writeFileSync(join(out, 'cycles.yaml'), profileOf(deeds[seed % deeds.length], seed));
  const args = ['run', 'cycles.yaml', '--seed', String(seed), '--out', folder, '--json'];
  const { code, stdout, stderr } = await execute(args, out, boundMs);
  const record = parse(stdout);
  if (record === undefined)
    return { seed, cycles: 0, acked: 0, starts: [], problems: [`no record: ${stderr.slice(-400)}`] };
  const { counts, faults, verdict } = record;
  const fired = faults.filter(({ injected, healed }) => injected !== null && healed !== null).length;
  const harms = ['lost', 'rolledBack', 'skipped', 'duplicateStored', 'phantom', 'contradicted', 'corrupt'];
  const problems = harms.filter((name) => counts[name] > 0).map((name) => `${name} ${counts[name]}`);
  if (code !== 0) problems.push(`exit ${code}: ${verdict.reasons.join('; ')}`);
  if (fired < cyclesPerRun) problems.push(`${fired} of ${cyclesPerRun} cycles`);
  const starts = await startsOf(folder);
  if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
  return { seed, cycles: fired, acked: counts.acked, starts, problems };
}

/** Of each start of the master: bytes of its log and milliseconds from the process's start until it served. */
async function startsOf(folder) {
  const { stdout } = await execute(['journal', join(folder, 'journal', 'runner.journal')], out, boundMs);
  return stdout.split('\n').flatMap((line) => {
    const event = parse(line);
    if (event?.kind !== 'node' || event.state !== 'ready' || event.detail.id !== 'b1') return [];
    return [{ bytes: event.detail.recovery.bytes, readyMs: event.detail.readyMs }];
  });
}

function summarize() {
  const sum = (of) => results.reduce((total, one) => total + of(one), 0);
  const broken = results.filter(({ problems }) => problems.length > 0).length;
  console.log(
    `${sum(({ cycles: fired }) => fired)} cycles in ${results.length} runs, ${sum(({ acked }) => acked)} acknowledged, ` +
      `${broken} runs not clean`,
  );
  console.log('| log | starts | ready after, median | at most |\n| --- | --- | --- | --- |');
  const starts = results.flatMap((one) => one.starts);
  for (let [from, to] = [0, 16]; starts.some(({ bytes }) => bytes / 2 ** 20 >= from); [from, to] = [to, to * 2]) {
    const within = starts.filter(({ bytes }) => bytes / 2 ** 20 >= from && bytes / 2 ** 20 < to);
    if (within.length === 0) continue;
    const times = within.map(({ readyMs }) => readyMs).sort((one, other) => one - other);
    console.log(
      `| ${from} to ${to} MiB | ${times.length} | ${times[Math.floor(times.length / 2)]} ms | ${times.at(-1)} ms |`,
    );
  }
  process.exitCode = broken === 0 ? 0 : 1;
}
