/** One line of JSON from each engine: its answers compared with the truth, CPU, wall, peak memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const startedAt = performance.now();
const cpuAtStart = process.cpuUsage();

export function answer(engine, folder, counts) {
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'));
  const wrong = Object.keys(counts).filter((key) => Number(counts[key]) !== truth[key]);
  const { user, system } = process.cpuUsage(cpuAtStart);
  const line = {
    engine,
    seconds: round((performance.now() - startedAt) / 1000),
    cpuSeconds: round((user + system) / 1e6),
    rssMB: Math.round(process.resourceUsage().maxRSS / 1024),
    compared: Object.keys(counts).length,
    equal: wrong.length === 0,
    ...(wrong.length === 0 ? {} : { wrong: wrong.map((key) => `${key}: ${counts[key]}, truth ${truth[key]}`) }),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}
