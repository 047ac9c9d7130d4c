#!/usr/bin/env node
/**
 * The synchronous flush of every product that has one, on and off, under the same power cut, on both kinds of volume: with it
 * on nothing may be lost in any run, and both kinds must agree whether it loses when it is off. Of RabbitMQ, which syncs
 * whatever it confirms, it is the queue itself that has reached the disk or not. Prints a table with the counts. One line of
 * results.ndjson a run: called again with the same --out it goes on where it was. The folder of a run that was wrong is kept.
 *
 *   node test/soak/flush.mjs --seeds 10 --out DIR [--only kafka,nats] [--kinds fuse,ext4] [--nats-home DIR]
 *
 * ext4 needs root. NATS needs a nats-server of 2.10 or newer: --nats-home is the folder of one.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compilePlan, loadProfile } from '../../dist/index.js';
import { productOf } from '../../dist/products/registry.js';
import { chosenProducts, execute, missingFor, parse, printTable, Results } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    kinds: { type: 'string', default: 'fuse,ext4' },
    'nats-home': { type: 'string' },
    out: { type: 'string', default: 'soak-flush' },
  },
});

const sides = ['on', 'off'];
const queueItself = { on: 'rabbitmq-power-loss', off: 'rabbitmq-fresh-queue' };
const out = resolve(options.out);
const seeds = Array.from({ length: Number(options.seeds) }, (_, index) => index + 1);
const kinds = options.kinds.split(',');
mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = new Map(kept.read().map((result) => [keyOf(result), result]));
const here = [];
for (const { name } of await chosenProducts(options.only)) {
  const measure = productOf(name).measure?.('sync-flush', false);
  const pair = measure?.profiles === undefined ? undefined : Object.fromEntries(measure.profiles);
  const profiles = pair ?? (name === 'rabbitmq' ? queueItself : undefined);
  if (profiles === undefined) continue; // the bundled broker keeps an account of its own of what is synced
  const missing = await missingHere(name, profiles);
  if (missing === undefined) here.push({ product: name, profiles });
  else console.log(`${name}: skipped, ${missing}`);
}
// seed by seed through all products, so that an early end leaves an even table
for (const seed of seeds) {
  for (const { product, profiles } of here) {
    for (const run of kinds.flatMap((kind) => sides.map((side) => ({ product, kind, side, seed })))) {
      if (results.has(keyOf(run))) continue;
      const result = { ...run, ...(await once(run, profiles[run.side])) };
      results.set(keyOf(result), result);
      kept.add(result);
      const said = result.wrong === '' ? `${result.gone} of ${result.acked} acked are gone` : `WRONG: ${result.wrong}`;
      console.log(`${product}, flush ${run.side}, ${run.kind}, seed ${seed}: ${said}`);
    }
  }
}
summarize();

function keyOf({ product, kind, side, seed }) {
  return `${product} ${kind} ${side} ${seed}`;
}

/** The profile as it is, on a volume of that kind, with every other setting of the volume. */
function profileOf(product, name, kind) {
  const path = join(out, `${name}-${kind}.yaml`);
  const { cluster: usual, expect } = loadProfile(name);
  const home = product === 'nats' && options['nats-home'] !== undefined ? resolve(options['nats-home']) : undefined;
  const cluster = { ...(home === undefined ? {} : { home }), volume: { kind, checkpoint: usual.volume.checkpoint } };
  // what is gone is counted here: a run is a pass when nothing else is wrong with it
  const counted = {
    lost: 'any',
    'rolled-back': 'any',
    skipped: 'any',
    ...(expect.harm === undefined ? {} : { harm: null }),
  };
  const profile = { version: 1, name: `${name}-${kind}`, extends: name, cluster, expect: counted };
  writeFileSync(path, JSON.stringify(profile));
  return path;
}

async function missingHere(product, profiles) {
  const { cluster } = compilePlan(loadProfile(profileOf(product, profiles.on, kinds[0])), 1);
  return missingFor(productOf(product), cluster);
}

async function once({ product, kind, side, seed }, name) {
  const profile = profileOf(product, name, kind);
  const folder = join(out, `${product}-${kind}-${side}-${seed}`);
  rmSync(folder, { recursive: true, force: true }); // of a soak that was ended in the middle of it
  const boundMs = compilePlan(loadProfile(profile), seed).limitMs + 120_000;
  const args = ['run', profile, '--seed', String(seed), '--out', folder, '--json'];
  const { code, stdout, stderr } = await execute(args, out, boundMs);
  const record = parse(stdout);
  if (record === undefined) return { acked: 0, gone: 0, wrong: `no record: ${code} ${stderr.slice(-300)}` };
  const { acked, lost, skipped, rolledBack } = record.counts;
  const gone = lost + skipped + rolledBack;
  const wrong = [
    ...(record.verdict.value === 'pass' ? [] : [`${record.verdict.value}: ${record.verdict.reasons.join('; ')}`]),
    ...(side === 'on' && gone > 0 ? [`${gone} of ${acked} acked are gone`] : []),
  ].join('; ');
  if (wrong === '') rmSync(folder, { recursive: true, force: true });
  return { acked, gone, verdict: record.verdict.value, wrong };
}

function summarize() {
  const runsOf = (product, kind, side) =>
    seeds.flatMap((seed) => results.get(keyOf({ product, kind, side, seed })) ?? []);
  const rows = here.flatMap(({ product }) =>
    kinds.flatMap((kind) =>
      sides.map((side) => {
        const runs = runsOf(product, kind, side);
        const gone = runs.map((run) => run.gone).sort((one, other) => one - other);
        const acked = runs.reduce((sum, run) => sum + run.acked, 0);
        const losing = gone.filter((count) => count > 0).length;
        const from = gone.length === 0 ? '' : `${gone[0]} to ${gone.at(-1)}`;
        return [product, kind, side, runs.length, acked, gone.reduce((sum, count) => sum + count, 0), losing, from];
      }),
    ),
  );
  console.log();
  printTable(['product', 'volume', 'flush', 'runs', 'acked', 'gone', 'runs that lose', 'in a run'], rows);
  const loses = (product, kind, side) => runsOf(product, kind, side).some(({ gone }) => gone > 0);
  const apart = here.filter(({ product }) =>
    sides.some((side) => new Set(kinds.map((kind) => loses(product, kind, side))).size > 1),
  );
  for (const { product } of apart) console.log(`\n${product}: ${kinds.join(' and ')} do not agree on who loses`);
  const chosen = here.flatMap(({ product }) =>
    kinds.flatMap((kind) => sides.flatMap((side) => runsOf(product, kind, side))),
  );
  const wrong = chosen.filter(({ wrong: what }) => what !== '');
  for (const { product, kind, side, seed, wrong: what } of wrong)
    console.log(`\n${product}, flush ${side}, ${kind}, seed ${seed}: ${what}`);
  process.exitCode = wrong.length + apart.length === 0 && chosen.length > 0 ? 0 : 1;
}
