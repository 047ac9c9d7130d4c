#!/usr/bin/env node
/**
 * What the bundled broker promises, by experiment: flush × replication × fault, many seeds a cell. A cell that promises
 * must lose nothing in any run, one that does not must lose in at least one. Consumers start after the faults. Prints the
 * table as Markdown. One line of results.ndjson a run: called again with the same --out it goes on where it was.
 *
 *   node test/soak/promises.mjs --seeds 20 --out DIR [--parallel 2] [--only sync/async/kill]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execute, parse, Results } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    parallel: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'soak' },
  },
});

const out = resolve(options.out);
const boundMs = 120_000;
const down = 'for: 1s';
/** The slave stands still when the master dies, so that what was not replicated before the answer is lost with it. */
const lag = '{ at: 900ms, do: pause, target: b1s1, for: 800ms }';

const faults = {
  kill: () => [`{ at: 1200ms, do: kill, target: b1, ${down} }`],
  'power cut': (slaves) => [...lagOf(slaves), `{ at: 1200ms, do: power-loss, target: b1, torn: true, ${down} }`],
  // the slave is not paused: a node is under one fault at a time
  'power cut of both': (slaves) => [
    `{ at: 1200ms, do: power-loss, target: ${slaves ? '[b1, b1s1]' : 'b1'}, torn: true, ${down} }`,
  ],
  'disk loss': (slaves) => [
    ...lagOf(slaves),
    `{ at: 1200ms, do: disk-loss, target: b1, for: 2s }`,
    ...(slaves ? ['{ at: 2s, do: promote, target: b1s1 }'] : []),
  ],
};
const lagOf = (slaves) => (slaves ? [lag] : []);

/** What the settings promise: true for nothing lost. */
const promises = {
  kill: () => true,
  'power cut': (flush, replication) => flush === 'sync' || replication === 'sync',
  'power cut of both': (flush) => flush === 'sync',
  'disk loss': (_, replication) => replication === 'sync',
};

const cells = ['sync', 'async'].flatMap((flush) =>
  ['none', 'async', 'sync'].flatMap((replication) =>
    Object.keys(faults).map((fault) => ({ flush, replication, fault, name: `${flush}/${replication}/${fault}` })),
  ),
);
const wanted = cells.filter(({ name }) => name.includes(options.only));
const seeds = Array.from({ length: Number(options.seeds) }, (_, index) => index + 1);

mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = kept.read();
const known = new Set(results.map(({ cell, seed }) => `${cell} ${seed}`));
// seed by seed through all cells, so that an early end leaves an even table
const queue = seeds
  .flatMap((seed) => wanted.map((cell) => ({ cell, seed })))
  .filter(({ cell, seed }) => !known.has(`${cell.name} ${seed}`));
await Promise.all(Array.from({ length: Number(options.parallel) }, work));
printTable();

async function work() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const result = await experiment(next.cell, next.seed);
    results.push(result);
    kept.add(result);
    if (result.problem !== undefined) console.error(`${result.cell} seed ${result.seed}: ${result.problem}`);
  }
}

async function experiment(cell, seed) {
  const name = `${cell.name.replaceAll(/[^a-z]+/g, '-')}-${seed}`;
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true }); // of a soak that was ended in the middle of it
  writeFileSync(join(out, `${name}.yaml`), profileOf(cell));
  const args = ['run', `${name}.yaml`, '--seed', String(seed), '--out', folder, '--json'];
  const { code, stdout, stderr } = await execute(args, out, boundMs);
  const record = parse(stdout);
  const problem = problemOf(cell, code, record, stderr);
  if (problem === undefined) {
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(out, `${name}.yaml`));
  }
  const { acked = 0, lost = 0, rolledBack = 0, degraded = 0, unknown = 0, rejected = 0 } = record?.counts ?? {};
  return { cell: cell.name, seed, code, acked, lost, rolledBack, degraded, unknown, rejected, problem };
}

/** A run proves something when it has a verdict and its faults fired; a promise is broken by one loss. */
function problemOf({ flush, replication, fault }, code, record, stderr) {
  if (record === undefined) return `no record: ${stderr.slice(-400)}`;
  const { counts, verdict, faults: done } = record;
  if (verdict.value === 'inconclusive') return `inconclusive: ${verdict.reasons.join('; ')}`;
  if (done.some(({ injected, healed }) => injected === null || healed === null)) return 'a fault did not fire or heal';
  const harm = counts.lost + counts.rolledBack;
  if (promises[fault](flush, replication) && harm > 0) return `${counts.lost} lost, ${counts.rolledBack} rolled back`;
  const never = ['skipped', 'phantom', 'contradicted', 'corrupt', 'misrouted'].filter((name) => counts[name] > 0);
  return never.length > 0 ? `${never.map((name) => `${name} ${counts[name]}`).join(', ')} (exit ${code})` : undefined;
}

function profileOf({ flush, replication, fault }) {
  const slaves = replication !== 'none';
  const copies = slaves ? `, slaves: 1, replication: ${replication}` : '';
  return `version: 1
name: promises
question: What does a master lose by this fault?
cluster: { broker: bundled, masters: 1${copies}, flush: ${flush} }
producers: { count: 2, send: async, window: 50, messages: 6000, rate: 2000/s, timeout: 1s, retries: 30, retryDelay: 300ms }
consumers: { count: 1, start: after faults }
faults:
${faults[fault](slaves)
  .map((line) => `  - ${line}`)
  .join('\n')}
limit: 90s
`;
}

function printTable() {
  const names = Object.keys(faults);
  console.log(`| flush | replication | ${names.join(' | ')} |`);
  console.log(`| --- | --- |${' --- |'.repeat(names.length)}`);
  let broken = 0;
  for (const flush of ['sync', 'async']) {
    for (const replication of ['none', 'async', 'sync']) {
      const row = names.map((fault) => {
        const { text, ok } = cellText(flush, replication, fault);
        if (!ok) broken += 1;
        return text;
      });
      console.log(`| ${flush} | ${replication} | ${row.join(' | ')} |`);
    }
  }
  const acked = results.reduce((sum, one) => sum + one.acked, 0);
  console.log(`\n${results.length} runs, ${acked} acknowledged messages, ${broken} cells not as promised`);
  process.exitCode = broken === 0 ? 0 : 1;
}

function cellText(flush, replication, fault) {
  const runs = results.filter(({ cell }) => cell === `${flush}/${replication}/${fault}`);
  const lossy = runs.filter(({ lost, rolledBack }) => lost + rolledBack > 0);
  const most = Math.max(0, ...runs.map(({ lost, rolledBack }) => lost + rolledBack));
  const promised = promises[fault](flush, replication);
  const unclear = runs.filter(({ problem }) => problem !== undefined).length;
  const ok = runs.length > 0 && unclear === 0 && (promised ? lossy.length === 0 : lossy.length > 0);
  const found =
    lossy.length === 0 ? `0 lost in ${runs.length}` : `lost in ${lossy.length} of ${runs.length}, up to ${most}`;
  return {
    ok,
    text: `${promised ? '**0 lost**' : 'may lose'}: ${found}${unclear === 0 ? '' : `, ${unclear} runs wrong`}`,
  };
}
