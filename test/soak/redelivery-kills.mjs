#!/usr/bin/env node
/**
 * Kills consumers in the middle of redelivery and of dead-lettering, again and again, and asks of each run whether every
 * message came to its effect, once, or into the dead letter topic. One line of results.ndjson a seed: called again with
 * the same --out it goes on where it was.
 *
 *   node test/soak/redelivery-kills.mjs --kills 200 --out DIR
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execute, parse, Results } from './support.mjs';

const { values: options } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, out: { type: 'string', default: 'soak-redelivery' } },
});

const out = resolve(options.out);
const wanted = Number(options.kills);
const boundMs = 240_000;
const kills = 8;
/** Runs in a row without any kill on record: something is wrong with the set-up, not with a seed. */
const mostBarren = 3;

mkdirSync(out, { recursive: true });
const results = new Results(out);
const done = new Set(results.read().map(({ seed }) => seed));
let made = results.read().reduce((sum, each) => sum + each.kills, 0);
let barren = 0;
for (let seed = 1; made < wanted && barren < mostBarren; seed += 1) {
  if (done.has(seed)) continue;
  const result = await once(seed);
  results.add(result);
  made += result.kills;
  barren = result.kills === 0 ? barren + 1 : 0;
  console.log(line(result));
}
summarize();

async function once(seed) {
  const folder = join(out, `seed-${seed}`);
  rmSync(folder, { recursive: true, force: true });
  const profile = join(out, `seed-${seed}.yaml`);
  writeFileSync(profile, profileOf(seed));
  const args = ['run', profile, '--seed', String(seed), '--out', folder, '--json'];
  const { code, stdout, stderr } = await execute(args, out, boundMs);
  const record = parse(stdout);
  if (record === undefined) return { seed, code, kills: 0, unsound: 1, error: stderr.slice(-2000) };
  const { counts } = record;
  const evidence = record.faults
    .flatMap((fault) => fault.evidence)
    .filter(({ killAt }) => killAt?.signal === 'SIGKILL');
  const { deadLetterLost, unprocessed, duplicateEffect, overRetried, lost } = counts;
  // what the store and the dead letter topic hold, against what was acknowledged: whatever the classes say
  const missing = counts.acked - counts.effectOnce - counts.effectDead;
  const unsound = deadLetterLost + unprocessed + duplicateEffect + overRetried + lost + Math.abs(missing);
  const result = {
    ...{ seed, code, verdict: record.verdict.value, kills: evidence.length, acked: counts.acked, missing, unsound },
    ...{ deadLetterLost, unprocessed, duplicateEffect, overRetried, lost, effectsAbsorbed: counts.effectsAbsorbed },
    ...{ redeliveries: counts.redeliveries, deadLetters: counts.deadLetters, undecided: counts.duplicateUndecided },
  };
  // the evidence of a sound run is in its line
  if (code === 0) rmSync(folder, { recursive: true, force: true });
  else result.reasons = record.verdict.reasons;
  return result;
}

/** Each consumer by turns, before and after the move; a third of the moves are into the dead letter topic. */
function profileOf(seed) {
  const faults = Array.from({ length: kills }, (_, i) => {
    const at = 6 + i * 11;
    const count = 1 + ((seed * 7 + i * 5) % 12);
    const point = (seed + (i >> 1)) % 2 === 0 ? 'before move' : 'after move';
    return `  - { at: ${at}%, do: kill-at, point: ${point}, count: ${count}, target: c${1 + (i % 2)}, for: 200ms }`;
  });
  return `version: 1
name: redelivery-kills
question: Is every message in one place at least when consumers die while they move it?
extends: dead-letter
producers: { messages: 2400, rate: 150/s }
consumers:
  failing: { share: 15%, by: message }
  redelivery: { attempts: 2, delay: 150ms, deadLetter: true }
faults:
${faults.join('\n')}
limit: 3m
`;
}

function line({ seed, verdict, code, kills: count, redeliveries, deadLetters, missing, unsound }) {
  const cells = [
    `seed ${seed}`,
    `${verdict ?? 'no record'} (${code})`,
    `${count} kills`,
    `${redeliveries} redeliveries`,
  ];
  return [...cells, `${deadLetters} dead letters`, `${missing} missing`, `${unsound} unsound`].join(', ');
}

function summarize() {
  const all = results.read();
  const sum = (key) => all.reduce((total, each) => total + (each[key] ?? 0), 0);
  const bad = all.filter(({ unsound }) => unsound > 0);
  const other = all.filter(({ unsound, code }) => unsound === 0 && code !== 0);
  console.log(
    `${sum('kills')} kills in ${all.length} runs: ${sum('acked')} messages, ${sum('redeliveries')} redeliveries, ` +
      `${sum('deadLetters')} dead letters, ${sum('missing')} missing, ${sum('duplicateEffect')} effects doubled; ` +
      `${bad.length} runs unsound, ${other.length} sound and not passed`,
  );
  process.exitCode = bad.length > 0 || sum('kills') < wanted ? 1 : 0;
}
