/**
 * Mutation run of the simulation: breaks the broker in one way at a time, each way a mistake that somebody could make, and
 * asks how many seeds the simulation needs to notice. Works on a copy, so that nothing here can leave a mutant behind.
 *
 * usage: node scripts/mutate-broker.mjs [--only NAME] [--seeds N] [--from SEED]
 * Prints a line for each mutant and the score last.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const mutants = JSON.parse(readFileSync(join(root, 'test/broker/simulation/mutants.json'), 'utf8'));
const copied = ['src', 'test/broker', 'vitest.config.ts', 'package.json', 'tsconfig.json'];

const folder = mkdtempSync(join(tmpdir(), 'mqchaos-mutants-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

const chosen = mutants.filter(({ name }) => name.includes(options.only));
let found = 0;
for (const { name, file, from, to } of chosen) {
  const path = join(folder, file);
  const honest = readFileSync(path, 'utf8');
  writeFileSync(path, honest.replace(from, to));
  const said = await simulate();
  writeFileSync(path, honest);
  const seed = /Error: seed (\d+)/.exec(said)?.[1];
  const why = said.split('\n').find((line) => line.includes('VIOLATION'));
  if (seed !== undefined) found += 1;
  const after = Number(seed) - Number(options.from) + 1;
  console.log(
    seed === undefined ? `${name}: NOT FOUND` : `${name}: found by seed ${seed}, the ${after}th: ${wordsOf(why)}`,
  );
}
console.log(`${found} of ${chosen.length} found`);
process.exitCode = found === chosen.length ? 0 : 1;

/** What the simulation says, up to its first failure. */
function simulate() {
  const args = ['run', '--project', 'unit', '--bail', '1', '-t', 'every promise', 'test/broker/simulation.test.ts'];
  const child = spawn(join(root, 'node_modules/.bin/vitest'), args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', SIMULATION_SEEDS: options.seeds, SIMULATION_FROM: options.from },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return new Promise((resolve) => child.on('close', () => resolve(said)));
}

function wordsOf(line = '') {
  return line.replace(/^.*VIOLATION /, '');
}
