import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { simulate } from './simulation/run.ts';
import { type Scenario, scenarioOf } from './simulation/scenario.ts';
import { shrink } from './simulation/shrink.ts';

/*
 * Whole clusters in this process, in virtual time, each from a seed: nodes are killed, paused, cut off, lose their power or
 * their disk, and afterwards everything that was promised is there. SIMULATION_SEEDS says how many seeds, SIMULATION_FROM
 * the first. A seed that fails is shrunk, and its trace printed.
 */

const count = Number(process.env.SIMULATION_SEEDS ?? 2000);
const from = Number(process.env.SIMULATION_FROM ?? 1);
const chunk = 100;

const began = performance.now();
let ran = 0;
afterAll(() => {
  const minutes = (performance.now() - began) / 60_000;
  if (count > 2000) console.log(`${ran} seeds, ${Math.round(ran / minutes)} a minute`);
});

describe.each(Array.from({ length: Math.ceil(count / chunk) }, (_, index) => from + index * chunk))('%i', (first) => {
  const last = Math.min(first + chunk, from + count) - 1;
  test(`every promise holds, seeds ${first} to ${last}`, { timeout: 600_000 }, async () => {
    for (let seed = first; seed <= last; seed++) {
      const scenario = scenarioOf(seed);
      const { violations } = await simulate(scenario);
      ran += 1;
      if (violations.length > 0) expect.fail(await story(seed, scenario));
    }
  });
});

test('the same seed is the same run, byte for byte', async () => {
  for (const seed of [2, 9, 18]) {
    const scenario = scenarioOf(seed);
    const [one, other] = [await simulate(scenario), await simulate(scenario)];
    expect(other.trace).toEqual(one.trace);
    expect(other.digest).toBe(one.digest);
  }
});

test('something goes wrong in it, and much is acknowledged all the same', async () => {
  let trace: string[] = [];
  for (let seed = 1; seed <= 40; seed++) trace = [...trace, ...(await simulate(scenarioOf(seed))).trace];
  const times = (words: string) => trace.filter((line) => line.includes(words)).length;
  const seen = {
    leaders: times(': leading set'),
    cuts: times(': cutting '),
    tails: times(': took '),
    promoted: times('promoted by the operator'),
    torn: times('recovery cut the log'),
    failed: times('refusing writes until restarted'),
    acked: trace.reduce((sum, line) => sum + Number(/(\d+) acked,/.exec(line)?.[1] ?? 0), 0),
  };
  expect(Object.entries(seen).filter(([, number]) => number === 0)).toEqual([]);
  expect(seen.acked).toBeGreaterThan(2000);
});

async function story(seed: number, scenario: Scenario): Promise<string> {
  const smallest = await shrink(scenario);
  const { violations, trace } = await simulate(smallest);
  return [`seed ${seed}`, JSON.stringify(smallest), ...trace, ...violations].join('\n');
}

/** scripts/mutate-broker.mjs makes these mistakes, one at a time, and asks how many seeds it takes to find them. */
const mutants: { name: string; file: string; from: string }[] = JSON.parse(
  textOf('test/broker/simulation/mutants.json'),
);

test.each(mutants)('a mistake to be found still can be made: $name', ({ file, from: text }) => {
  expect(textOf(file).split(text)).toHaveLength(2);
});

function textOf(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
}
