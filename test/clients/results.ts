/** What the last full run found, kept beside the script; the tables in docs/broker.md are made of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { clients } from './clients.ts';
import type { Answers } from './conversation.ts';
import { differences } from './differences.ts';
import { type Outcome, ours, outcomeOf } from './judge.ts';

const file = resolve(import.meta.dirname, 'results.json');
const page = resolve(import.meta.dirname, '../../docs/broker.md');

/** By client and step, what became of it on the two masters and with the slaves: `equal, equal`. */
export type Results = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function readResults(): Results {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Adds what a client was answered to what is kept, and puts the tables on the page. */
export function writeResults(client: string, answers: Answers): void {
  const steps = [...answers.kafka].map(([step, kafka]) => {
    const outcome = (on: (typeof ours)[number]) => outcomeOf(client, step, kafka, answers[on].get(step));
    return [step, ours.map(outcome).join(', ')] as const;
  });
  const results = { ...readResults(), [client]: Object.fromEntries(steps) };
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  writePage(results);
}

/** @throws Error where docs/broker.md has no place for the tables */
export function writePage(results: Results): void {
  const text = readFileSync(page, 'utf8');
  const [start, end] = [text.indexOf(clientTitles), text.indexOf(afterTables)];
  if (start < 0 || end < start) throw new Error(`no place for the tables in ${page}`);
  writeFileSync(page, `${text.slice(0, start)}${tables(results)}\n\n${text.slice(end)}`);
}

const clientTitles =
  '| client | version | steps | equal, two masters | equal, with slaves | differs on purpose | not offered |';
/** The line of docs/broker.md that follows the tables. */
const afterTables = 'Again, with all clients:';

/** The tables of docs/broker.md: a row a client, then a row a difference. */
export function tables(results: Results): string {
  const rows = clients.flatMap(({ name, version }) => {
    const each = Object.values(results[name] ?? {}).map((outcomes) => outcomes.split(', ') as Outcome[]);
    if (each.length === 0) return [[name, version, 'no clean run yet', '', '', '', '']];
    const count = (on: number, wanted: Outcome) => each.filter((outcomes) => outcomes[on] === wanted).length;
    const equal = ours.map((_, on) => String(count(on, 'equal')));
    const rest = [count(0, 'declared'), count(0, 'not offered')].map(String);
    return [[name, version, String(each.length), ...equal, ...rest]];
  });
  const declared = differences.map(({ step, clients: only, ours: answer, why }) => [
    step,
    only?.join(', ') ?? 'the others',
    'error' in answer ? answer.error : JSON.stringify('is' in answer ? answer.is : answer),
    why,
  ]);
  return [
    clientTitles,
    '| --- '.repeat(7).concat('|'),
    ...rows.map(row),
    '',
    '| step | clients | here | why |',
    '| --- | --- | --- | --- |',
    ...declared.map(row),
  ].join('\n');
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
