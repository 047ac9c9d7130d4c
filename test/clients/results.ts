/** What the last full run found, kept beside the script; the table in docs/broker.md is made of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SubjectName } from './brokers.ts';
import type { Answer } from './conversation.ts';
import { outcomeOf, type Outcome, ours } from './judge.ts';
import { steps } from './steps.ts';

const file = resolve(import.meta.dirname, 'results.json');

/** By client: of every step Kafka's answer, and what became of it on ours. */
export type Results = Record<string, Record<string, { kafka: Answer } & Partial<Record<SubjectName, Outcome>>>>;

export function readResults(): Results {
  return JSON.parse(readFileSync(file, 'utf8'));
}

export function writeResults(all: ReadonlyMap<string, Readonly<Record<SubjectName, ReadonlyMap<string, Answer>>>>): void {
  const results: Results = {};
  for (const [client, answers] of all) {
    results[client] = Object.fromEntries(
      [...answers.kafka].map(([step, kafka]) => {
        const outcomes = ours.map((on) => [on, outcomeOf(client, on, step, kafka, answers[on].get(step) ?? { failed: 'not asked' })]);
        return [step, { kafka, ...Object.fromEntries(outcomes) }];
      }),
    );
  }
  writeFileSync(file, `${JSON.stringify({ ...readResults(), ...results }, null, 1)}\n`);
}

/** Steps that are asked; the kill of a master is no question. */
export const asked = steps.filter(({ op }) => op !== 'kill');
