import { simulate } from './run.ts';
import type { Scenario } from './scenario.ts';

/** Fewer deeds, producers and consumers that still show a violation: less to read. Bounded, since each try is a whole run. */
export async function shrink(scenario: Scenario, mostTries = 200): Promise<Scenario> {
  let smallest = scenario;
  let tries = 0;
  for (let shrunk = true; shrunk && tries < mostTries; ) {
    shrunk = false;
    for (const smaller of smallerThan(smallest)) {
      tries += 1;
      const { violations } = await simulate(smaller);
      if (violations.length === 0 && tries < mostTries) continue;
      if (violations.length > 0) {
        smallest = smaller;
        shrunk = true;
      }
      break;
    }
  }
  return smallest;
}

function* smallerThan(scenario: Scenario): Generator<Scenario> {
  const { rounds, producers, consumers } = scenario;
  for (const round of rounds)
    if (rounds.length > 1) yield { ...scenario, rounds: rounds.filter((one) => one !== round) };
  for (const round of rounds)
    for (const deed of round) {
      const less = round.filter((one) => one !== deed);
      yield { ...scenario, rounds: rounds.map((one) => (one === round ? less : one)) };
    }
  for (const one of producers) yield { ...scenario, producers: producers.filter((other) => other !== one) };
  for (const one of consumers) yield { ...scenario, consumers: consumers.filter((other) => other !== one) };
}
