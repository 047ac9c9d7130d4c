#!/usr/bin/env node
/**
 * Every pair of profiles/findings, many seeds a half: NAME shows its harm, NAME-off is clean. A half that does so in fewer
 * than nine of ten runs is not shown. Prints a table. One line of results.ndjson a run: called again with the same --out
 * it goes on where it was. The folder of a run that did not show its side is kept.
 *
 *   node test/soak/findings.mjs --seeds 10 --out DIR [--only redis,kafka-acks-one]
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compilePlan, loadProfile } from '../../dist/index.js';
import { productOf } from '../../dist/products/registry.js';
import { findingProfiles } from '../../dist/profile/text/find.js';
import { execute, missingFor, parse, printTable, Results } from './support.mjs';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'soak-findings' },
  },
});

const least = 0.9;
const out = resolve(options.out);
const seeds = Array.from({ length: Number(options.seeds) }, (_, index) => index + 1);
const only = options.only.split(',').filter((name) => name !== '');

mkdirSync(out, { recursive: true });
const kept = new Results(out);
const results = new Map(kept.read().map((result) => [keyOf(result), result]));
const pairs = [];
for (const { name, missing } of await chosenPairs()) {
  if (missing === undefined) pairs.push(name);
  else console.log(`${name}: skipped, ${missing}`);
}
// seed by seed through all pairs, so that an early end leaves an even table
for (const seed of seeds) {
  for (const name of pairs.flatMap((pair) => [pair, offOf(pair)])) {
    if (results.has(keyOf({ name, seed }))) continue;
    const result = await half(name, seed);
    results.set(keyOf(result), result);
    kept.add(result);
    console.log(`${name} seed ${seed}: ${result.shown ? 'as it should be' : 'NOT SHOWN'}, ${result.said}`);
  }
}
summarize();

/** By the pair's name, or by how it begins: the product's. */
async function chosenPairs() {
  const chosen = findingProfiles().filter(
    (name) => !name.endsWith('-off') && (only.length === 0 || only.some((begin) => name.startsWith(begin))),
  );
  return Promise.all(
    chosen.map(async (name) => {
      const { cluster } = planOf(name, 1);
      return { name, missing: await missingFor(productOf(cluster.broker), cluster) };
    }),
  );
}

function offOf(pair) {
  return `${pair}-off`;
}

function keyOf({ name, seed }) {
  return `${name} ${seed}`;
}

function planOf(name, seed) {
  return compilePlan(loadProfile(name), seed);
}

/** Both halves pass when they do what they are there for: a harm that was not shown is no pass. */
async function half(name, seed) {
  const folder = join(out, `${name}-${seed}`);
  rmSync(folder, { recursive: true, force: true }); // of a soak that was ended in the middle of it
  const args = ['run', name, '--seed', String(seed), '--out', folder, '--json'];
  const { code, stdout, stderr } = await execute(args, out, planOf(name, seed).limitMs + 120_000);
  const record = parse(stdout);
  if (record === undefined) return { name, seed, code, shown: false, said: `no record: ${stderr.slice(-400)}` };
  const shown = code === 0 && record.verdict.value === 'pass';
  if (shown) rmSync(folder, { recursive: true, force: true });
  return { name, seed, code, shown, said: `${record.verdict.value}: ${record.verdict.reasons.join('; ')}` };
}

function summarize() {
  const shownOf = (name) => seeds.filter((seed) => results.get(keyOf({ name, seed }))?.shown === true).length;
  const sides = pairs.map((pair) => ({ pair, harm: shownOf(pair), clean: shownOf(offOf(pair)) }));
  const rows = sides.map(({ pair, harm, clean }) => [
    ...[pair, `${harm} of ${seeds.length}`, `${clean} of ${seeds.length}`],
  ]);
  console.log();
  printTable(['pair', 'harm shown', 'clean'], rows);
  const weak = sides.filter(({ harm, clean }) => Math.min(harm, clean) < least * seeds.length);
  for (const { pair } of weak) console.log(`\n${pair} does not show both halves`);
  process.exitCode = weak.length === 0 && pairs.length > 0 ? 0 : 1;
}
