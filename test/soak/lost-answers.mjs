#!/usr/bin/env node
/**
 * Lost answers by count, many seeds: exactly the named number of sends is unknown, and then recovered, where nobody sends
 * again, or stored once more, where they are sent again; with idempotence nothing is stored twice. Nothing is ever lost.
 * Prints a line a run and a table, and ends with 1 if a number was not as it should be. Called again with the same --out it
 * goes on where it was; the folder of a run that was wrong is kept.
 *
 *   node test/soak/lost-answers.mjs --seeds 20 --out DIR [--only bundled,kafka,rabbitmq]
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { products } from '../../dist/products/registry.js';
import { chosenProducts, execute, printTable, Results } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    messages: { type: 'string', default: '400' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'soak-lost-answers' },
  },
});

/** A deadline that passes is an unknown send, too: it is longer than whatever a busy machine keeps answers back. */
const timeout = '10s';
const lost = 7;
const boundMs = 240_000;
/** Which answers to sends are lost at. */
const nodes = { bundled: 'b1', kafka: 'k1', rabbitmq: 'rabbit1' };
const out = resolve(options.out);

/** What is different in each, and what must come of it. */
const ways = {
  'one try': {
    producers: { send: 'sync', retries: 0 },
    fault: { connection: 'closes' },
    expected: { unknownAttempts: lost, unknown: lost, recovered: lost, copies: 0 },
  },
  'one try, many in flight': {
    producers: { send: 'async', window: 20, retries: 0 },
    fault: { connection: 'goes on' },
    expected: { unknownAttempts: lost, unknown: lost, recovered: lost, copies: 0 },
  },
  'sent again': {
    producers: { send: 'sync', retries: 5 },
    fault: { connection: 'closes' },
    expected: { unknownAttempts: lost, unknown: 0, recovered: 0, copies: lost },
  },
  'sent again, many in flight': {
    producers: { send: 'async', window: 20, retries: 5 },
    fault: { connection: 'goes on' },
    expected: { unknownAttempts: lost, unknown: 0, recovered: 0, copies: lost },
  },
  // the client itself sends again within an attempt: how many attempts stay without an answer is its affair
  idempotent: {
    producers: { send: 'sync', retries: 5, idempotent: true },
    fault: { connection: 'closes' },
    expected: { unknown: 0, recovered: 0, copies: 0 },
  },
};

mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = new Map(kept.read().map((result) => [keyOf(result), result]));
const chosen = [];
for (const { name, missing } of await chosenProducts(options.only)) {
  if (productOf(name)?.wire === undefined) continue;
  if (missing === undefined) chosen.push(name);
  else console.log(`${name}: skipped, ${missing}`);
}
for (let seed = 1; seed <= Number(options.seeds); seed += 1) {
  for (const product of chosen) {
    for (const way of waysOf(product)) {
      if (results.has(keyOf({ product, way, seed }))) continue;
      const result = await once(product, way, seed);
      results.set(keyOf(result), result);
      kept.add(result);
      console.log(
        `${product}, ${way}, seed ${seed}: ${result.wrong === '' ? 'as it should be' : `WRONG: ${result.wrong}`}`,
      );
    }
  }
}
summarize();

async function once(product, way, seed) {
  const { producers, fault, expected } = ways[way];
  const folder = join(out, keyOf({ product, way, seed }).replaceAll(/[^\w-]+/g, '-'));
  const profile = `${folder}.yaml`;
  const node = nodes[product];
  const settings = {
    version: 1,
    name: 'lost-answers',
    question: 'What becomes of messages whose answers are lost?',
    // a Kafka that a busy machine keeps from its heartbeats gives up its leadership: that is another fault
    cluster: { broker: product, ...(product === 'kafka' ? { sessionTimeout: '60s' } : {}) },
    ...(productOf(product).can.partitions === undefined ? {} : { topic: { partitions: 4 } }),
    producers: {
      count: 2,
      messages: Number(options.messages),
      rate: '200/s',
      timeout,
      retryDelay: '50ms',
      ...producers,
    },
    consumers: { count: 1 },
    faults: [{ at: '20%', do: 'lost-answer', target: node, api: 'produce', share: '20%', times: lost, ...fault }],
    expect: { contract: true, lost: 0 },
    limit: '3m',
  };
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(profile, JSON.stringify(settings));
  const { code, stderr } = await execute(['run', profile, '--seed', String(seed), '--out', folder], out, boundMs);
  const found = code === 0 || code === 1 || code === 3 ? read(folder) : undefined;
  const wanted = { verdict: 'pass', deeds: lost, lost: 0, ...expected };
  const wrong =
    found === undefined
      ? `exit code ${code}: ${stderr.trim().split('\n').at(-1)}`
      : Object.keys(wanted)
          .filter((key) => found[key] !== wanted[key])
          .map((key) => `${key} ${found[key]}, not ${wanted[key]}`)
          .join('; ');
  if (wrong === '') rmSync(folder, { recursive: true });
  rmSync(profile);
  return { product, way, seed, wrong, ...found };
}

function read(folder) {
  const record = JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8'));
  const { answers, counts, faults, verdict } = record;
  const reports = faults.flatMap(({ evidence }) => evidence.flatMap(({ wire }) => wire?.report ?? []));
  return {
    verdict: verdict.value,
    deeds: reports.reduce((sum, { done }) => sum + done, 0),
    lost: counts.lost,
    unknown: counts.unknown,
    recovered: counts.recovered,
    unknownAttempts: Object.values(answers.unknown ?? {}).reduce((sum, count) => sum + count, 0),
    // of each message there is one at most, but for these; without an independent reader consumers tell it
    copies:
      counts.storedRecords === 0
        ? counts.extraDeliveries
        : counts.storedRecords - counts.ackedDelivered - counts.recovered,
  };
}

function productOf(name) {
  return products.find((product) => product.name === name);
}

function waysOf(product) {
  const { idempotent } = productOf(product).can;
  return Object.keys(ways).filter((way) => idempotent || ways[way].producers.idempotent !== true);
}

function keyOf({ product, way, seed }) {
  return `${product} ${way} ${seed}`;
}

function summarize() {
  const rows = chosen.flatMap((product) =>
    waysOf(product).map((way) => {
      const own = [...results.values()].filter((one) => one.product === product && one.way === way);
      const sum = (key) => own.reduce((total, one) => total + (one[key] ?? 0), 0);
      const right = own.filter(({ wrong }) => wrong === '').length;
      return [
        product,
        way,
        own.length,
        right,
        sum('deeds'),
        sum('unknownAttempts'),
        sum('recovered'),
        sum('copies'),
        sum('lost'),
      ];
    }),
  );
  printTable(
    ['product', 'way', 'runs', 'right', 'answers lost', 'unknown attempts', 'recovered', 'stored once more', 'lost'],
    rows,
  );
  const isRight = [...results.values()].every(({ wrong }) => wrong === '');
  process.exitCode = isRight ? 0 : 1;
}
