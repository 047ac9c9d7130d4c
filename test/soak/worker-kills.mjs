#!/usr/bin/env node
/**
 * test/workers/killed.real.test.ts for many more kills, a few seeds at a time. One line of results.ndjson a seed: called
 * again with the same --out it goes on where it was.
 *
 *   node test/soak/worker-kills.mjs --kills 200 --out DIR
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, out: { type: 'string', default: 'soak' } },
});

const root = resolve(import.meta.dirname, '../..');
const out = resolve(options.out);
const notes = join(out, 'results.ndjson');
const killsPerSeed = 7;
const seedsPerCall = 5;
const boundMs = 300_000;
const wanted = Math.ceil(Number(options.kills) / killsPerSeed);

mkdirSync(out, { recursive: true });
let failed = 0;
let noted = readNotes().length;
while (noted < wanted) {
  const seeds = Math.min(seedsPerCall, wanted - noted);
  const code = await test(noted + 1, seeds);
  if (code !== 0) failed += 1;
  const now = readNotes().length;
  // a seed that left no note broke before its end: its output is on the screen, and the next call tries it again
  if (now === noted) break;
  noted = now;
}
summarize();

function test(seed, seeds) {
  return new Promise((done) => {
    const child = spawn('npx', ['vitest', 'run', '--project', 'real', 'test/workers/killed.real.test.ts'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        MQCHAOS_WORKER_KILLS: String(seeds * killsPerSeed),
        MQCHAOS_WORKER_KILLS_SEED: String(seed),
        MQCHAOS_WORKER_KILLS_NOTES: notes,
      },
    });
    const end = setTimeout(() => child.kill('SIGTERM'), boundMs);
    child.once('close', (code) => {
      clearTimeout(end);
      done(code);
    });
  });
}

function summarize() {
  console.log(
    'seed  mode                 producer kills  consumer kills  phantoms  acked and gone  committed, unrecorded  verdict',
  );
  let kills = 0;
  let unsound = 0;
  for (const { seed, send, producer, consumer, phantoms, gone, verdict } of readNotes()) {
    kills += producer.kills + consumer.kills;
    const unrecorded = consumer.unrecorded.length;
    if (phantoms + gone + unrecorded > 0) unsound += 1;
    const cells = [
      [producer.kills, 14],
      [consumer.kills, 15],
      [phantoms, 9],
      [gone, 15],
      [unrecorded, 22],
    ];
    const numbers = cells.map(([value, width]) => String(value).padStart(width)).join(' ');
    console.log(`${String(seed).padStart(4)}  ${send.padEnd(20)} ${numbers}  ${verdict}`);
  }
  console.log(`${kills} kills, ${unsound} of ${readNotes().length} seeds unsound, ${failed} calls of the test failed`);
  process.exitCode = unsound + failed > 0 || noted < wanted ? 1 : 0;
}

function readNotes() {
  if (!existsSync(notes)) return [];
  return readFileSync(notes, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));
}
