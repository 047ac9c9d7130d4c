#!/usr/bin/env node
/**
 * Every product that is installed, many seeds: its nodes are killed twice in mid-flight, with clients that outlast it, and
 * at the end a second witness is asked, of the vendor's own (witnesses.mjs). Nothing that the contract forbids may be
 * lost, and the witness must count what the record counts. Prints a table. One line of results.ndjson a run: called again
 * with the same --out it goes on where it was. The folder of a run that was not clean is kept.
 *
 *   node test/soak/products.mjs --seeds 20 --out DIR [--only redis,nats]
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compilePlan, judge, loadProfile, makeRunFolder, run, silent } from '../../dist/index.js';
import { eventPass } from '../../dist/journal/decode.js';
import { readJournalHeader, scanJournal } from '../../dist/journal/reader.js';
import { chosenProducts, printTable, Results, tally } from './support.mjs';
import { witnesses } from './witnesses.mjs';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'soak-products' },
  },
});

/**
 * Where a copy outlives its node, and one partition at least is led by each. `every` is longer than a node is away: a kill
 * that comes while its target is still coming back is not done, and the run is inconclusive.
 */
const shapes = {
  bundled: { cluster: '{ broker: bundled, masters: 2 }', partitions: 4, target: 'master' },
  kafka: { cluster: '{ broker: kafka, nodes: 3 }', partitions: 6, target: 'one' },
  rocketmq: {
    ...{ cluster: '{ broker: rocketmq, masters: 2 }', partitions: 4, target: 'master' },
    ...{ rate: '150/s', every: '14s..16s' },
  },
  rabbitmq: { cluster: '{ broker: rabbitmq, nodes: 3 }', target: 'one', rate: '300/s', every: '6s..8s' },
  nats: { cluster: '{ broker: nats, nodes: 3 }', partitions: 3, target: 'one' },
  redis: { cluster: '{ broker: redis, replicas: 1 }', partitions: 4, target: 'r1' },
};

/** The retries outlast any start of a broker on a busy machine. */
const profileOf = ({ cluster, partitions, target, rate = '600/s', every = '2s..4s' }) => `version: 1
name: products
question: Is anything lost when nodes are killed in mid-flight, and does the broker itself count the same?
cluster: ${cluster}
${partitions === undefined ? '' : `topic: { partitions: ${partitions} }`}
producers: { count: 2, send: async, window: 50, messages: 6000, rate: ${rate}, timeout: 2s, retries: 300, retryDelay: 300ms }
consumers: { count: 2 }
faults:
  - { every: ${every}, times: 2, do: kill, target: ${target}, for: 500ms }
expect: contract
limit: 8m
`;

const out = resolve(options.out);
const seeds = Array.from({ length: Number(options.seeds) }, (_, index) => index + 1);
const chosen = await chosenProducts(options.only);
for (const { name, missing } of chosen.filter(({ missing: why }) => why !== undefined)) {
  console.log(`${name}: skipped, ${missing}`);
}
const here = chosen.filter(({ missing }) => missing === undefined).map(({ name }) => name);
const unknown = here.find((name) => shapes[name] === undefined || witnesses[name] === undefined);
if (unknown !== undefined) throw new Error(`${unknown} needs a cluster here, and a witness in witnesses.mjs`);

mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = new Map(kept.read().map((result) => [keyOf(result), result]));
const interrupted = new AbortController();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => {
    process.exitCode = code;
    interrupted.abort(signal);
  });
}
// seed by seed through all products, so that an early end leaves an even table
for (const seed of seeds) {
  for (const product of here) {
    if (interrupted.signal.aborted || results.has(keyOf({ product, seed }))) continue;
    const result = await soak(product, seed);
    if (interrupted.signal.aborted) break; // the run was cut short: it is run again
    results.set(keyOf(result), result);
    kept.add(result);
    const said = result.problems.length === 0 ? 'clean' : result.problems.join('; ');
    console.log(`${product} seed ${seed}: ${result.seconds} s, ${result.counts.acked ?? 0} acked, ${said}`);
  }
}
summarize();

function keyOf({ product, seed }) {
  return `${product} ${seed}`;
}

async function soak(product, seed) {
  const path = join(out, `${product}-${seed}`);
  rmSync(path, { recursive: true, force: true }); // of a soak that was ended in the middle of it
  const profile = join(out, `${product}.yaml`);
  writeFileSync(profile, profileOf(shapes[product]));
  const plan = compilePlan(loadProfile(profile), seed);
  const folder = makeRunFolder(seed, path);
  const started = performance.now();
  let testimony;
  const phase = (name) => {
    if (name === 'stop') testimony = ask(product, folder);
  };
  try {
    await run(plan, folder, { ...silent, phase }, interrupted.signal);
    const record = await judge(folder);
    const differences = await differencesOf(testimony, record, folder);
    const problems = [...differences];
    if (record.verdict.value !== 'pass') problems.push(`${record.verdict.value}: ${record.verdict.reasons.join('; ')}`);
    if (problems.length === 0) rmSync(path, { recursive: true, force: true });
    const { value: verdict } = record.verdict;
    const witness = testimony?.stored ?? [];
    return { product, seed, seconds: since(started), verdict, counts: record.counts, witness, differences, problems };
  } catch (error) {
    const problems = [`no record: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`];
    return { product, seed, seconds: since(started), counts: {}, differences: [], problems };
  }
}

function since(started) {
  return Math.round((performance.now() - started) / 100) / 10;
}

/** While the brokers still run. What goes wrong is a difference, not the end of the run. */
function ask(product, { path, nodes, journals }) {
  try {
    const { topic, groups, partitions } = readJournalHeader(join(journals, 'runner.journal'));
    return witnesses[product]({ nodes, run: path, topic, groups, partitions });
  } catch (error) {
    return { stored: [], open: [], error: `${error.message}${error.stderr ?? ''}`.slice(-600) };
  }
}

/** Every number of the witness that is not the record's, both of them named; empty: they are equal. */
async function differencesOf(testimony, { counts }, folder) {
  if (testimony === undefined) return ['the witness was not asked: the run did not come to its end'];
  const { stored, open, error } = testimony;
  if (error !== undefined) return [`the witness did not answer: ${error}`];
  if (stored.length + open.length === 0) return ['the witness said nothing'];
  const read = await storedByPartition(folder);
  const total = read.reduce((sum, count) => sum + count, 0);
  const found = [];
  if (stored.length > 0 && total !== counts.storedRecords) {
    found.push(`the reader's journal has ${total} records, the record ${counts.storedRecords}`);
  }
  for (const { by, counts: said } of stored) {
    for (const partition of Array.from({ length: Math.max(read.length, said.length) }).keys()) {
      const [theirs, ours] = [said[partition], read[partition] ?? 0];
      if (theirs !== ours) found.push(`partition ${partition}: ${by} ${theirs}, the record ${ours}`);
    }
  }
  for (const { by, group, count } of open) {
    if (count !== 0) found.push(`${by}: ${group} has ${count} not settled, the record 0`);
  }
  return found;
}

/** What the independent reader found, by partition. */
async function storedByPartition({ journals }) {
  const counts = [];
  for (const file of readdirSync(journals).filter((name) => name.startsWith('reader'))) {
    const { pass, finish } = eventPass(({ kind, partition }) => {
      if (kind === 'stored') counts[partition] = (counts[partition] ?? 0) + 1;
    });
    await scanJournal(join(journals, file), pass);
    finish();
  }
  return Array.from(counts, (count) => count ?? 0);
}

function summarize() {
  const all = [...results.values()].filter(({ product, seed }) => here.includes(product) && seeds.includes(seed));
  const titles = [
    'product',
    'runs',
    'acked',
    'unknown',
    'recovered',
    'lost',
    'doubled (stored / delivered)',
    'verdicts',
    'witness equal',
  ];
  const rows = here.map((name) => {
    const runs = all.filter(({ product }) => product === name);
    const sum = (...keys) =>
      runs.reduce((total, { counts }) => total + keys.reduce((part, key) => part + (counts[key] ?? 0), 0), 0);
    const equal = runs.filter(({ verdict, differences }) => verdict !== undefined && differences.length === 0).length;
    return [
      ...[name, runs.length, sum('acked'), sum('unknown'), sum('recovered'), sum('lost', 'rolledBack', 'skipped')],
      `${sum('duplicateStored')} / ${sum('duplicateDelivered', 'duplicateUndecided')}`,
      tally(runs.map(({ verdict = 'none' }) => verdict)),
      `${equal} of ${runs.length}`,
    ];
  });
  console.log();
  printTable(titles, rows);
  const unclean = all.filter(({ problems }) => problems.length > 0);
  for (const { product, seed, problems } of unclean) console.log(`\n${product} seed ${seed}: ${problems.join('; ')}`);
  // what could not be proven is no pass
  if (unclean.length > 0 || all.length === 0) process.exitCode ??= 1;
}
