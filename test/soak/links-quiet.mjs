#!/usr/bin/env node
/**
 * Links that nothing bends change nothing: the same profile and seed, in front of every product that is installed, once
 * behind links and once without. No side may have an attempt that was not acknowledged, nor anything but a pass; and both must
 * have acknowledged, delivered and stored the same. Prints a line a run and a table. One line of results.ndjson a run: called
 * again with the same --out it goes on where it was. The folder of a run that was wrong is kept.
 *
 *   node test/soak/links-quiet.mjs --runs 50 --out DIR [--only kafka,nats]
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chosenProducts, execute, parse, printTable, Results, tally } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '50' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'soak-links-quiet' },
  },
});

const boundMs = 720_000;
/** Several nodes where nodes talk to each other through links, too. */
const shapes = {
  bundled: { cluster: '{ broker: bundled, slaves: 1, replication: sync, inSyncReplicas: 2 }', node: 'b1' },
  // a busy machine that keeps a heartbeat back is no fault: leaders would move
  kafka: { cluster: '{ broker: kafka, nodes: 3, sessionTimeout: 60s }', node: 'k1' },
  rocketmq: { cluster: '{ broker: rocketmq, slaves: 1, replication: sync, inSyncReplicas: 2 }', node: 'b1' },
  rabbitmq: { cluster: '{ broker: rabbitmq, nodes: 3 }', node: 'rabbit1' },
  nats: { cluster: '{ broker: nats, nodes: 3 }', node: 'n1' },
  redis: { cluster: '{ broker: redis, replicas: 1, wait: 1 }', node: 'r1' },
};

/**
 * A run lays links only for a fault that needs them: here a delay of nothing, over before the first message is sent. An
 * attempt has longer than a busy machine keeps any answer back; how long acknowledgements may pause is left open, because
 * both sides together are compared by what they acknowledge, and a pause is the machine's.
 */
const quiet = (node) => `[{ at: 0s, do: latency, target: ${node}, from: everyone, delay: 0ms, for: 100ms }]`;
const sides = { 'behind links': quiet, without: () => '[]' };
const profileOf = ({ cluster, node }, side) => `version: 1
name: links-quiet
question: Do links that nothing bends change anything?
cluster: ${cluster}
producers: { count: 2, send: async, window: 50, messages: 4000, rate: 500/s, timeout: 20s, retries: 0 }
consumers: { count: 2 }
faults: ${sides[side](node)}
expect: { lost: 0, duplicate-stored: 0, unavailable: any }
limit: 10m
`;

const out = resolve(options.out);
const seeds = Array.from({ length: Number(options.runs) }, (_, index) => index + 1);
mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = new Map(kept.read().map((result) => [keyOf(result), result]));
const here = [];
for (const { name, missing } of await chosenProducts(options.only)) {
  if (shapes[name] === undefined) throw new Error(`${name} needs a cluster here`);
  if (missing === undefined) here.push(name);
  else console.log(`${name}: skipped, ${missing}`);
}
// seed by seed through all products, so that an early end leaves an even table
for (const seed of seeds) {
  for (const product of here) {
    for (const side of Object.keys(sides)) {
      if (results.has(keyOf({ product, side, seed }))) continue;
      const result = await once(product, side, seed);
      results.set(keyOf(result), result);
      kept.add(result);
      const said = result.wrong === '' ? `${result.verdict}, ${result.counts.acked} acked` : `WRONG: ${result.wrong}`;
      console.log(`${product} ${side} seed ${seed}: ${said}`);
    }
  }
}
summarize();

function keyOf({ product, side, seed }) {
  return `${product} ${side} ${seed}`;
}

async function once(product, side, seed) {
  const profile = join(out, `${product}-${side.replaceAll(' ', '-')}.yaml`);
  writeFileSync(profile, profileOf(shapes[product], side));
  const folder = join(out, `${product}-${seed}`);
  rmSync(folder, { recursive: true, force: true }); // of a soak that was ended in the middle of it
  const args = ['run', profile, '--seed', String(seed), '--out', folder, '--json'];
  const { code, stdout, stderr } = await execute(args, out, boundMs);
  const record = parse(stdout);
  if (record === undefined)
    return { product, side, seed, counts: {}, wrong: `no record: ${code} ${stderr.slice(-300)}` };
  const { counts, verdict, answers } = record;
  const laid = side === 'without' || laysLinks(folder);
  const wrong = [
    ...(verdict.value === 'pass' ? [] : [`${verdict.value}: ${verdict.reasons.join('; ')}`]),
    ...(counts.attempts === counts.acked ? [] : [`of ${counts.attempts} attempts ${counts.acked} were acked`]),
    ...(Object.keys(answers).length === 0 ? [] : [JSON.stringify(answers)]),
    ...(laid ? [] : ['there were no links']),
  ].join('; ');
  if (wrong === '') rmSync(folder, { recursive: true, force: true });
  return { product, side, seed, verdict: verdict.value, counts, wrong };
}

/** Whether every byte went through them: the process has said that it listens. */
function laysLinks(folder) {
  return readFileSync(join(folder, 'nodes', 'links', 'stdout.log'), 'utf8').startsWith('{"ready":true');
}

function summarize() {
  const rows = here.flatMap((product) =>
    Object.keys(sides).map((side) => {
      const runs = seeds.flatMap((seed) => results.get(keyOf({ product, side, seed })) ?? []);
      const sum = (key) => runs.reduce((total, { counts }) => total + (counts[key] ?? 0), 0);
      return [
        ...[product, side, runs.length, tally(runs.map(({ verdict = 'none' }) => verdict))],
        ...[sum('acked'), sum('attempts') - sum('acked'), sum('duplicateDelivered') + sum('duplicateUndecided')],
      ];
    }),
  );
  console.log();
  printTable(['product', '', 'runs', 'verdicts', 'acked', 'attempts not acked', 'delivered twice'], rows);
  const all = here.flatMap((product) => seeds.map((seed) => ({ product, seed })));
  const differences = all.filter(({ product, seed }) => {
    const [one, other] = Object.keys(sides).map((side) => results.get(keyOf({ product, side, seed })));
    const same = ['acked', 'ackedDelivered', 'lost', 'duplicateStored', 'storedRecords'];
    return one?.verdict !== other?.verdict || same.some((key) => one?.counts[key] !== other?.counts[key]);
  });
  for (const { product, seed } of differences) console.log(`\n${product} seed ${seed}: the two sides differ`);
  const wrong = [...results.values()].filter(
    ({ product, seed, wrong: what }) => what !== '' && here.includes(product) && seeds.includes(seed),
  );
  for (const { product, side, seed, wrong: what } of wrong) console.log(`\n${product} ${side} seed ${seed}: ${what}`);
  process.exitCode = differences.length + wrong.length === 0 && all.length > 0 ? 0 : 1;
}
